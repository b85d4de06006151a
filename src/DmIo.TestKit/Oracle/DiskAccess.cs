using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// One thing that was asked of a disk, from <see cref="DiskOracle.Begin"/> to its outcome. What lies between is the
/// time in which it may take effect, in each sector at a moment of its own. Made for one use.
/// </summary>
/// <param name="operation">What is asked for.</param>
/// <param name="start">The first sector; of a flush, nothing.</param>
/// <param name="count">How many sectors; what lies behind the end of the disk is left out.</param>
public sealed class DiskAccess(IoOperation operation, Sector start, SectorCount count)
{
    private const long NotYet = long.MaxValue;

    /// <summary>What is asked for.</summary>
    public IoOperation Operation => operation;

    /// <summary>The first sector.</summary>
    public Sector Start => start;

    /// <summary>How many sectors.</summary>
    public SectorCount Count => count;

    /// <summary>What is to be written, at least <see cref="Count"/> sectors of it, less the <see cref="Edges"/>; copied
    /// when it begins.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>What a write keeps of its ends, as <see cref="WriteEdges"/> has it.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>A write that is durable when it is acknowledged.</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>
    /// Accesses of one stream take effect in the order in which they began, where they meet, also while they are in
    /// flight together: so does what is asked for with one lease of the service. Null: it is ordered only behind what
    /// had its outcome when it began.
    /// </summary>
    public long? Stream { get; init; }

    /// <summary>What findings call it; null: by its operation and sectors.</summary>
    public string? Label { get; init; }

    /// <summary>When it was asked for, by the oracle's count; 0: not yet.</summary>
    internal long Began { get; private set; }

    /// <summary>When its outcome came.</summary>
    internal long Ended { get; private set; } = NotYet;

    internal bool IsInFlight => Ended == NotYet;

    /// <summary>So many of its first sectors are done, says the outcome. Of the others, nothing is known.</summary>
    internal long DoneSectors { get; private set; }

    /// <summary>What is done of it survives a crash for certain.</summary>
    internal bool IsDurable { get; set; }

    /// <summary>A crash came before its outcome.</summary>
    internal bool IsLost { get; private set; }

    /// <summary>Sectors that the device garbled for a read while this was in flight, and told.</summary>
    internal HashSet<long> Garbled { get; } = [];

    internal long DataBytes => operation == IoOperation.Write ? Math.Max(0, count.Bytes - Edges.Bytes) : 0;

    internal bool Changes => operation is not (IoOperation.Read or IoOperation.Flush);

    /// <summary>All of its sectors, in a copy of its own.</summary>
    private byte[] Kept { get; set; } = [];

    /// <inheritdoc/>
    public override string ToString() => Label ?? operation switch
    {
        IoOperation.Flush => "flush",
        IoOperation.WriteZeroes => $"write zeroes {start}+{count}",
        _ => $"{operation.ToString().ToLowerInvariant()} {start}+{count}",
    };

    /// <summary>One that was there before all others.</summary>
    internal DiskAccess Before(long now)
    {
        Begin(now);
        End(now, count.Value);
        IsDurable = true;
        return this;
    }

    internal void Begin(long now)
    {
        Began = now;
        if (DataBytes > 0)
        {
            Kept = new byte[count.Bytes];
            Data.Span[..(int)DataBytes].CopyTo(Kept.AsSpan(Edges.HeadBytes));
        }
    }

    internal void End(long now, long doneSectors)
    {
        Ended = now;
        DoneSectors = doneSectors;
    }

    internal void Lose() => IsLost = true;

    /// <summary>This one takes effect before that one, if both do.</summary>
    internal bool Precedes(DiskAccess other) =>
        Ended < other.Began || (Stream is { } stream && stream == other.Stream && Began < other.Began);

    /// <summary>The bytes of one of its sectors that are not its edges, where it writes.</summary>
    internal Range Written(int index)
    {
        var at = (long)index * Sector.SizeBytes;
        var from = (int)Math.Clamp(Edges.HeadBytes - at, 0, Sector.SizeBytes);
        return from..(int)Math.Clamp(count.Bytes - Edges.TailBytes - at, from, Sector.SizeBytes);
    }

    /// <summary>A write that leaves all of this sector as it is, written back or not.</summary>
    internal bool Keeps(long index)
    {
        var at = index * Sector.SizeBytes;
        return operation == IoOperation.Write && !Edges.IsNone
            && (at + Sector.SizeBytes <= Edges.HeadBytes || at >= count.Bytes - Edges.TailBytes);
    }

    /// <summary>What it writes to one of its sectors; zeroes where it keeps what is there.</summary>
    internal ReadOnlySpan<byte> Content(int index) => Kept.AsSpan(index * Sector.SizeBytes, Sector.SizeBytes);
}
