using Xunit;

namespace DmIo.Tests;

/// <summary>A violated invariant throws in every build.</summary>
public sealed class InvariantTests
{
    [Fact]
    public void A_violated_invariant_throws_with_the_text_of_its_condition()
    {
        var apples = 2;

        var violation = Assert.Throws<InvariantViolationException>(() => Invariant.Require(apples + 1 == 2));

        Assert.Equal("Invariant violated: apples + 1 == 2", violation.Message);
    }

    [Fact]
    public void A_satisfied_invariant_does_nothing()
    {
        Assert.Null(Record.Exception(() => Invariant.Require(true)));
    }
}
