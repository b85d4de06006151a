using DmIo.Io;

namespace DmIo.Devices.Transfer;

/// <summary>
/// Reads the bytes of the first and last block that a write preserves (<see cref="WriteEdges"/>), into its own memory,
/// which the write then uses. One read suffices if both edges are in the same block or in neighboring blocks; otherwise
/// there is one read for each. Reused; the single owner must keep other writes from these blocks until the write is
/// done.
/// <code>
///   idle --Prepare--> prepared --Start--> reading --the last answer--> read     Start says so, or "done" is called
/// </code>
/// </summary>
internal sealed class ReadModifyWrite
{
    private readonly RegionTransfer reading;
    private readonly Action done;
    private readonly int blockBytes;
    private readonly byte[] scratch;
    private WriteEdges edges;
    private SectorCount skipped;
    private Sector start;
    private SectorCount count;
    private int next;

    internal ReadModifyWrite(IBlockDevice device, Action done)
    {
        this.done = done;
        reading = new RegionTransfer(device, Resume);
        blockBytes = (int)device.Description.BlockSize.Bytes;
        scratch = new byte[2 * blockBytes];
    }

    /// <summary>The status of the reads.</summary>
    internal IoStatus Status { get; private set; }

    /// <summary>Until this task ends, the device may access the memory of the reads; null: it does not.</summary>
    internal Task? Held => reading.Held;

    /// <summary>The bytes before the data; may be empty. Filled by the read.</summary>
    internal Memory<byte> Head => scratch.AsMemory(0, edges.HeadBytes);

    /// <summary>The bytes after the data; may be empty. Filled by the read.</summary>
    internal Memory<byte> Tail => scratch.AsMemory(ScratchBytes - edges.TailBytes, edges.TailBytes);

    private int ScratchBytes => (int)Math.Min(count.Bytes, scratch.Length);

    private SectorCount Block => blockBytes / Sector.SizeBytes;

    /// <summary>Prepares the reads for a region of the given length. Whole blocks that would be preserved are omitted
    /// from the write.</summary>
    internal void Prepare(SectorCount whole, WriteEdges kept)
    {
        Invariant.Require(kept.HeadBytes >= 0 && kept.TailBytes >= 0 && kept.Bytes < whole.Bytes);
        edges = new WriteEdges(kept.HeadBytes % blockBytes, kept.TailBytes % blockBytes);
        skipped = (kept.HeadBytes - edges.HeadBytes) / Sector.SizeBytes;
        count = whole.Value - ((kept.Bytes - edges.Bytes) / Sector.SizeBytes);
    }

    /// <summary>Begins the reads. True: they have ended.</summary>
    /// <param name="at">The first sector of the region; afterwards, the first sector that is written.</param>
    /// <param name="written">Afterwards, the number of sectors that are written.</param>
    internal bool Start(ref Sector at, out SectorCount written)
    {
        at = start = at.Value + skipped.Value;
        written = count;
        next = 0;
        Status = IoStatus.Ok;
        return Read();
    }

    private bool Read()
    {
        while (next < 2)
        {
            var (offset, at, length) = next++ == 0 ? First() : Last();
            if (length.Value == 0)
            {
                continue;
            }

            var read = new DeviceOperation(IoOperation.Read, at, length);
            reading.Add(scratch.AsMemory(offset, (int)length.Bytes), read);
            if (!reading.Start(read))
            {
                return false;
            }

            if (!Succeeded())
            {
                return true;
            }
        }

        return true;
    }

    private bool Succeeded()
    {
        Status = reading.Status;
        return Status.IsOk;
    }

    private bool IsSingleRead => !(edges.HeadBytes == 0 || edges.TailBytes == 0) && count.Bytes <= scratch.Length;

    private (int Offset, Sector At, SectorCount Length) First() =>
        (0, start, IsSingleRead ? count : edges.HeadBytes == 0 ? 0 : Block);

    private (int Offset, Sector At, SectorCount Length) Last() => IsSingleRead || edges.TailBytes == 0
        ? default
        : (ScratchBytes - blockBytes, start.Value + count.Value - Block.Value, Block);

    private void Resume()
    {
        if (!Succeeded() || Read())
        {
            done();
        }
    }
}
