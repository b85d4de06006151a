// Millions of messages among thousands of actors that start, fail, restart and end, from a printed seed. At the end
// every message was handled once, in its sender's order, or is a dead letter; and every instance that was made was
// stopped once.
// Delivery is at most once by contract: a message that races with its receiver's end may vanish without a trace in
// Akka.NET (three of two million did), so a few may be missing here. Embedded/NoMessageIsLostSpecs.cs allows none.

using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Stress;

[CollectionDefinition(nameof(StressSpecs), DisableParallelization = true)]
public sealed class StressGroup;

[Collection(nameof(StressSpecs))]
public sealed class StressSpecs(ITestOutputHelper output)
{
    private const int Messages = 1_000_000;

    [Fact]
    public async Task Every_message_is_handled_once_in_order_or_is_a_dead_letter()
    {
        var seed = StressRun.DrawSeed();
        output.WriteLine($"STRESS_SEED={seed}");
        var result = await StressRun.RunAsync(seed, Messages);
        output.WriteLine($"{result}");
        Assert.InRange(result.Unaccounted, 0, Messages / 10_000);
        Assert.Equal(0, result.OutOfOrder);
        Assert.Equal(result.Constructed, result.Stopped);
        Assert.True(result.Constructed > StressRun.Workers + (Messages / 1000), "hardly anybody failed");
    }
}
