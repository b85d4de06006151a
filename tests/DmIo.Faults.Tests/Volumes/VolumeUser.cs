using System.Buffers.Binary;
using DmIo.Actors.Client;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>A user of a volume: writes, reads and flushes blocks that no other user touches, one operation at a time.
/// Each block holds the number of its last write.</summary>
internal sealed class VolumeUser(IoClient client, string volume, int index, int users)
{
    private const int Blocks = 1700;
    private const int BlockSectors = 8;

    private readonly Random random = new(index);
    private readonly long[] versions = new long[Blocks / users];
    private long count;

    /// <summary>The operations that have succeeded.</summary>
    internal long Count => Volatile.Read(ref count);

    internal async Task RunAsync(Func<bool> isStopped)
    {
        var data = new byte[BlockSectors * Sector.SizeBytes];
        while (!isStopped())
        {
            var block = random.Next(versions.Length);
            switch (random.Next(20))
            {
                case 0:
                    (await client.FlushAsync([new IoRegion(volume, 0, 0)]).InTime()).ThrowIfFailed();
                    break;
                case < 8:
                    await CheckAsync(block);
                    break;
                default:
                    Fill(data, versions[block] + 1);
                    (await client.WriteAsync(RegionOf(block), data).InTime()).ThrowIfFailed();
                    versions[block]++;
                    break;
            }

            Interlocked.Increment(ref count);
        }

        for (var block = 0; block < versions.Length; block++)
        {
            await CheckAsync(block);
        }

        await client.DisposeAsync();
    }

    public override string ToString() => $"user {index} after {Count} operations";

    private async Task CheckAsync(int block)
    {
        var data = new byte[BlockSectors * Sector.SizeBytes];
        var result = await client.ReadAsync(RegionOf(block), data).InTime();
        if (result.BufferHeld)
        {
            // A leg that hangs may still write to the memory: it is never used again.
            data = new byte[data.Length];
            result = await client.ReadAsync(RegionOf(block), data).InTime();
        }

        result.ThrowIfFailed();
        var expected = new byte[data.Length];
        Fill(expected, versions[block]);
        Assert.True(
            data.AsSpan().SequenceEqual(expected),
            $"block {block} of user {index} holds write {BinaryPrimitives.ReadInt64LittleEndian(data)}, not "
            + $"{versions[block]}");
    }

    private IoRegion RegionOf(int block) => new(volume, ((block * users) + index) * BlockSectors, BlockSectors);

    private static void Fill(byte[] data, long version)
    {
        for (var at = 0; at < data.Length; at += sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(at), version);
        }
    }
}
