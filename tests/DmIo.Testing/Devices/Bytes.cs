using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Testing.Devices;

/// <summary>Test data: seeded bytes, and memory cut into segments of given lengths.</summary>
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
}
