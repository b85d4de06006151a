using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>Any memory as the memory of a request.</summary>
public sealed class MemoryBlockTests
{
    [Fact]
    public void Read_only_memory_and_its_slices_are_read_only()
    {
        IoMemory writable = new byte[10].AsMemory();
        IoMemory readOnly = (ReadOnlyMemory<byte>)new byte[10];

        Assert.False(writable.IsReadOnly);
        Assert.True(readOnly.IsReadOnly);
        Assert.True(readOnly.Slice(1, 2).IsReadOnly);
    }

    [Fact]
    public void An_array_is_wrapped_not_copied()
    {
        var array = new byte[10];

        IoMemory memory = array;

        Assert.True(Bytes.SamePlace(array, memory.GetSegment(0)));
    }

    [Fact]
    public void A_null_array_is_refused_and_not_taken_for_an_empty_one()
    {
        byte[] none = null!;

        Assert.Throws<ArgumentNullException>(() => (IoMemory)none);
    }
}
