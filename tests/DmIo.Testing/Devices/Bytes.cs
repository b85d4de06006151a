using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Testing.Devices;

/// <summary>Test data, and the content and the location of memory.</summary>
internal static class Bytes
{
    internal static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    /// <summary>For each run, a number of sectors filled with its value.</summary>
    internal static byte[] Sectors(params (int Count, byte Value)[] runs) =>
        [.. runs.SelectMany(run => Filled(run.Count * Sector.SizeBytes, run.Value))];

    internal static SegmentBatch Batch(params Memory<byte>[] segments)
    {
        var batch = new SegmentBatch();
        foreach (var segment in segments)
        {
            batch.Add(segment);
        }

        return batch;
    }

    /// <summary>A pattern that is not periodic in pages or powers of two.</summary>
    internal static byte[] Pattern(int length) =>
        [.. Enumerable.Range(0, length).Select(position => (byte)(position % 251))];

    /// <summary>The bytes of all segments in order.</summary>
    internal static byte[] Of(IoMemory memory) =>
        [.. Enumerable.Range(0, memory.SegmentCount).SelectMany(index => memory.GetSegment(index).ToArray())];

    /// <summary>Writes the pattern through the segments.</summary>
    internal static void FillWithPattern(IoMemory memory)
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
    internal static bool SamePlace(Memory<byte> left, Memory<byte> right) =>
        left.Length == right.Length
        && Unsafe.AreSame(ref MemoryMarshal.GetReference(left.Span), ref MemoryMarshal.GetReference(right.Span));

    /// <summary>The address of native memory; managed memory may have moved when this returns.</summary>
    internal static unsafe nint AddressOf(Memory<byte> memory)
    {
        fixed (byte* address = &MemoryMarshal.GetReference(memory.Span))
        {
            return (nint)address;
        }
    }
}
