using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// A disk with a volatile cache. A sector is the reference to its bytes, which never change; null: zeroes. Thus equal
/// references are equal sectors, a copy of a region costs little, and a large disk is small.
/// <list type="bullet">
/// <item>Reads return the last write.</item>
/// <item>A write survives a loss of the cache for certain if it was flushed or forced; of the others, any subset of
/// sectors does.</item>
/// </list>
/// </summary>
internal sealed class SectorDisk(int sectors, Random random)
{
    private readonly byte[]?[] content = new byte[]?[sectors];
    private readonly byte[]?[] medium = new byte[]?[sectors];

    // The writes of each sector that are not durable, in order.
    private readonly SortedDictionary<int, List<(long Number, byte[]? Bytes)>> cached = [];
    private long lastNumber;

    /// <summary>The number of the last write: what a flush covers that begins now.</summary>
    internal long LastNumber => lastNumber;

    /// <summary>What a read of the sector returns.</summary>
    internal byte[]? this[int sector] => content[sector];

    internal void Write(int sector, byte[]? bytes, bool isForced)
    {
        content[sector] = bytes;
        lastNumber++;
        if (isForced)
        {
            medium[sector] = bytes;
            cached.Remove(sector);
            return;
        }

        if (!cached.TryGetValue(sector, out var writes))
        {
            cached.Add(sector, writes = []);
        }

        writes.Add((lastNumber, bytes));
    }

    /// <summary>Makes the writes up to a number durable.</summary>
    internal void Flush(long last)
    {
        var clean = new List<int>();
        foreach (var (sector, writes) in cached)
        {
            var count = writes.FindLastIndex(write => write.Number <= last) + 1;
            if (count > 0)
            {
                medium[sector] = writes[count - 1].Bytes;
                writes.RemoveRange(0, count);
            }

            if (writes.Count == 0)
            {
                clean.Add(sector);
            }
        }

        clean.ForEach(sector => cached.Remove(sector));
    }

    /// <summary>The cache is lost: all of it, nothing of it, or for each sector some of its writes.</summary>
    internal void LoseCache()
    {
        var mode = random.Next(3);
        foreach (var (sector, writes) in cached)
        {
            var kept = mode == 0 ? 0 : mode == 1 ? writes.Count : random.Next(writes.Count + 1);
            medium[sector] = kept == 0 ? medium[sector] : writes[kept - 1].Bytes;
            content[sector] = medium[sector];
        }

        cached.Clear();
    }

    /// <summary>The bytes of a sector change, on the medium as well.</summary>
    internal void Rot(int sector, byte[] bytes)
    {
        (content[sector], medium[sector]) = (bytes, bytes);
        cached.Remove(sector);
    }

    /// <summary>Copies sectors as bytes.</summary>
    internal void CopyTo(int first, Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length / Io.Sector.SizeBytes; i++)
        {
            Copy(content[first + i], bytes.Slice(i * Io.Sector.SizeBytes, Io.Sector.SizeBytes));
        }
    }

    /// <summary>Cuts bytes into sectors.</summary>
    internal static byte[]?[] SectorsOf(ReadOnlySpan<byte> bytes)
    {
        var cut = new byte[]?[bytes.Length / Io.Sector.SizeBytes];
        for (var i = 0; i < cut.Length; i++)
        {
            cut[i] = bytes.Slice(i * Io.Sector.SizeBytes, Io.Sector.SizeBytes).ToArray();
        }

        return cut;
    }

    /// <summary>Joins sectors to bytes.</summary>
    internal static byte[] BytesOf(ReadOnlySpan<byte[]?> sectors)
    {
        var bytes = new byte[sectors.Length * Io.Sector.SizeBytes];
        for (var i = 0; i < sectors.Length; i++)
        {
            Copy(sectors[i], bytes.AsSpan(i * Io.Sector.SizeBytes, Io.Sector.SizeBytes));
        }

        return bytes;
    }

    /// <summary>A hash of sectors.</summary>
    internal static UInt128 HashOf(ReadOnlySpan<byte[]?> sectors) =>
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(BytesOf(sectors)));

    private static void Copy(byte[]? sector, Span<byte> bytes)
    {
        if (sector is null)
        {
            bytes.Clear();
        }
        else
        {
            sector.CopyTo(bytes);
        }
    }
}
