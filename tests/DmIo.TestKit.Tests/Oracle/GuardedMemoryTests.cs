using DmIo.Memory;
using DmIo.TestKit.Oracle;
using Xunit;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>Every kind of guarded memory returns its content, and invalid accesses are detected.</summary>
public sealed class GuardedMemoryTests
{
    private const int LengthBytes = 5000;

    public static TheoryData<MemoryKind> Kinds => [.. Enum.GetValues<MemoryKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_request_has_the_data_that_was_put_in(MemoryKind kind)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var memory = new GuardedMemory(kind, LengthBytes, new Random(seed));
            var bytes = Bytes.Random(LengthBytes, seed);
            memory.CopyFrom(bytes);

            Assert.Equal(bytes, memory.ToArray());
            Assert.Equal(bytes, ContentOf(memory.Memory));
            Assert.Null(memory.Fault());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writes_to_overwritten_memory_are_detected(MemoryKind kind)
    {
        var memory = new GuardedMemory(kind, LengthBytes, new Random(1));
        memory.Poison();
        Assert.Null(memory.Fault());

        memory.Memory.GetSegment(memory.Memory.SegmentCount - 1).Span[0]++;

        Assert.Equal("the memory was written after the outcome", memory.Fault());
    }

    [Fact]
    public void Writes_before_the_data_in_a_page_are_detected()
    {
        var page = new byte[Memory.Page.SizeBytes];
        for (var seed = 0; seed < 20; seed++)
        {
            var memory = new GuardedMemory(MemoryKind.PageList, LengthBytes, new Random(seed));
            var first = memory.Memory.GetSegment(0);
            if (first.Length < page.Length
                && System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(first, out var array))
            {
                array.Array![array.Offset - 1]++;
                Assert.Equal("bytes outside of the memory were written", memory.Fault());
                return;
            }
        }

        Assert.Fail("No page list has an offset.");
    }

    private static byte[] ContentOf(IoMemory memory) => Bytes.Of(memory)[..LengthBytes];
}
