using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Tests.Memory;

/// <summary>What a test sees of a memory: its bytes, and whether two memories are the same place.</summary>
internal static class Bytes
{
    /// <summary>All segments' bytes, one after the other.</summary>
    public static byte[] Of(IoMemory memory) =>
        Enumerable.Range(0, memory.SegmentCount).SelectMany(index => memory.GetSegment(index).ToArray()).ToArray();

    /// <summary>A pattern that is not periodic in pages or powers of two.</summary>
    public static byte[] Pattern(int length) =>
        Enumerable.Range(0, length).Select(position => (byte)(position % 251)).ToArray();

    /// <summary>Writes the pattern through the segments.</summary>
    public static void FillWithPattern(IoMemory memory)
    {
        var position = 0;
        for (var index = 0; index < memory.SegmentCount; index++)
        {
            foreach (ref var target in memory.GetSegment(index).Span)
            {
                target = (byte)(position++ % 251);
            }
        }
    }

    /// <summary>Same address and same length: nothing was copied.</summary>
    public static bool SamePlace(Memory<byte> left, Memory<byte> right) =>
        left.Length == right.Length
        && Unsafe.AreSame(ref MemoryMarshal.GetReference(left.Span), ref MemoryMarshal.GetReference(right.Span));

    /// <summary>Where native memory lies; managed memory may lie elsewhere by the time that this returns.</summary>
    public static unsafe nint AddressOf(Memory<byte> memory)
    {
        fixed (byte* address = &MemoryMarshal.GetReference(memory.Span))
        {
            return (nint)address;
        }
    }
}
