using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Io;

public sealed class IoOperationTraitsTests
{
    [Theory]
    [InlineData(IoOperation.Read, true, true, false)]
    [InlineData(IoOperation.Write, true, true, true)]
    [InlineData(IoOperation.Flush, false, false, false)]
    [InlineData(IoOperation.Discard, true, false, true)]
    [InlineData(IoOperation.WriteZeroes, true, false, true)]
    public void Each_operation_has_its_traits(
        IoOperation operation, bool hasRange, bool hasData, bool changesSectors) => Assert.Equal(
        (hasRange, hasData, changesSectors),
        (operation.HasRange(), operation.HasData(), operation.ChangesSectors()));

    [Fact]
    public void Every_operation_is_known() =>
        Assert.All(Enum.GetValues<IoOperation>(), one => Assert.True(one.IsKnown()));

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void An_unknown_operation_has_no_traits(int number)
    {
        var operation = (IoOperation)number;
        Assert.False(operation.IsKnown());
        Assert.Throws<ArgumentOutOfRangeException>(() => operation.HasData());
        Assert.Throws<ArgumentOutOfRangeException>(() => operation.HasRange());
        Assert.Throws<ArgumentOutOfRangeException>(() => operation.ChangesSectors());
    }
}
