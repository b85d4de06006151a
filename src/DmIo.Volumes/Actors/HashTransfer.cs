using System.Buffers.Binary;
using System.Security.Cryptography;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Reads and hashes a range on each leg, in its own part of the buffer: for a comparison, or to read regions
/// again after a repair. Used on the volume's turn.</summary>
internal sealed class HashTransfer(
    string purpose,
    MemberSet legs,
    Page[] buffer,
    LegRange range,
    Action<VolumeDevice, int, LegResult, UInt128> hashed,
    Action returnBuffer)
{
    private const int PagesPerRegion = 1 << (RegionRange.RegionShift - 12);

    private int holds;

    /// <summary>What the read is for, as the cause of a failed leg names it.</summary>
    internal string Purpose => purpose;

    internal LegRange Range => range;

    /// <summary>Reads and hashes the range on every leg.</summary>
    internal void Read(VolumeDevice volume)
    {
        var pages = Math.Min(PagesPerRegion, buffer.Length / legs.Count);
        Hold();
        foreach (var (index, leg) in Members().Index())
        {
            new HashRead(this, leg, buffer[(index * pages)..((index + 1) * pages)]).Next(volume);
        }

        Release();
    }

    /// <summary>A leg has hashed the range, unless it failed.</summary>
    internal void Ended(VolumeDevice volume, int leg, LegResult result, UInt128 hash) =>
        hashed(volume, leg, result, hash);

    /// <summary>A part of the buffer is in use.</summary>
    internal void Hold() => holds++;

    internal void Release()
    {
        if (--holds == 0)
        {
            returnBuffer();
        }
    }

    private List<int> Members()
    {
        var members = new List<int>();
        foreach (var member in legs)
        {
            members.Add(member);
        }

        return members;
    }
}

/// <summary>The reading and hashing of one leg, a part after the other: SHA-256, of which 16 bytes count. Hashes on a
/// pool thread.</summary>
internal sealed class HashRead(HashTransfer transfer, int member, Page[] pages)
    : WriterStep, ICarriedStep, IMemoryHolder
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long done;

    /// <inheritdoc cref="HashTransfer.Purpose"/>
    internal string Purpose => transfer.Purpose;

    private long Length => Math.Min(
        transfer.Range.Count.Value - done, (long)pages.Length * Page.SizeBytes / Sector.SizeBytes);

    /// <inheritdoc/>
    public void Hold() => transfer.Hold();

    /// <inheritdoc/>
    public void ReleaseRetained() => transfer.Release();

    /// <inheritdoc/>
    public void Completed(VolumeDevice volume, VolumeWriter writer, int leg, LegResult result)
    {
        if (result != LegResult.Ok)
        {
            hash.Dispose();
            transfer.Ended(volume, leg, result, hash: default);
            return;
        }

        Hold();
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                state.Read.Append();
                state.Volume.Post(volume => state.Read.Hashed(volume, state.Writer));
            },
            (Read: this, Volume: volume, Writer: writer),
            preferLocal: false);
    }

    /// <summary>Reads the next part.</summary>
    internal void Next(VolumeDevice volume) => volume.Send(
        this,
        MemberSet.Of(member),
        new LegRange(transfer.Range.Start.Value + done, Length),
        new LegIo(IoOperation.Read, new PageList(pages)) { Priority = IoPriority.Idle });

    private void Append()
    {
        var left = (int)(Length * Sector.SizeBytes);
        for (var i = 0; left > 0; i++)
        {
            var length = Math.Min(left, Page.SizeBytes);
            hash.AppendData(pages[i].Memory.Span[..length]);
            left -= length;
        }
    }

    private void Hashed(VolumeDevice volume, VolumeWriter writer)
    {
        done += Length;
        if (writer != volume.Writer)
        {
            hash.Dispose();
        }
        else if (done < transfer.Range.Count.Value)
        {
            Next(volume);
        }
        else
        {
            var digest = hash.GetHashAndReset();
            hash.Dispose();
            transfer.Ended(volume, member, LegResult.Ok, BinaryPrimitives.ReadUInt128LittleEndian(digest));
        }

        ReleaseRetained();
    }
}
