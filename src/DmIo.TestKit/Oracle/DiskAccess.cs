using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// One operation on a disk, from <see cref="DiskOracle.Begin"/> to its outcome. Between the two it may take effect, in
/// each sector at a different time. Not reusable.
/// </summary>
/// <param name="operation">The operation.</param>
/// <param name="start">The first sector; ignored for a flush.</param>
/// <param name="count">The number of sectors; sectors beyond the end of the disk are ignored.</param>
public sealed class DiskAccess(IoOperation operation, Sector start, SectorCount count)
{
    private const long NotYet = long.MaxValue;

    // A copy of the data of all its sectors.
    private byte[] content = [];

    /// <summary>The operation.</summary>
    public IoOperation Operation => operation;

    /// <summary>The first sector.</summary>
    public Sector Start => start;

    /// <summary>The number of sectors.</summary>
    public SectorCount Count => count;

    /// <summary>The data of a write, at least <see cref="Count"/> sectors less the <see cref="Edges"/>; copied when the
    /// access begins.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The bytes at both ends that a write preserves, see <see cref="WriteEdges"/>.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>True for a write that is durable when it is acknowledged (FUA).</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>
    /// Overlapping accesses of one stream take effect in the order in which they began, even if they are in flight
    /// together, like the requests of one lease of the service. Null: the access is ordered only after accesses whose
    /// outcome preceded its beginning.
    /// </summary>
    public long? Stream { get; init; }

    /// <summary>The name in findings; null: the operation and sectors.</summary>
    public string? Label { get; init; }

    /// <summary>The beginning, in the oracle's time; 0: not begun.</summary>
    internal long BeganAt { get; private set; }

    /// <summary>The outcome, in the oracle's time.</summary>
    internal long EndedAt { get; private set; } = NotYet;

    internal bool IsInFlight => EndedAt == NotYet;

    /// <summary>The number of leading sectors that are done, according to the outcome. The state of the others is
    /// unknown.</summary>
    internal long DoneSectors { get; private set; }

    /// <summary>The sectors that are done are certain to survive a crash.</summary>
    internal bool IsDurable { get; set; }

    /// <summary>A crash preceded the outcome.</summary>
    internal bool IsLost { get; private set; }

    /// <summary>Sectors that the device corrupted for a read while this access was in flight, as reported by the
    /// device.</summary>
    internal HashSet<long> Corrupted { get; } = [];

    internal long DataBytes => Changes && operation.HasData() ? Math.Max(0, count.Bytes - Edges.Bytes) : 0;

    internal bool Changes => operation.ChangesSectors();

    /// <inheritdoc/>
    public override string ToString() => Label ?? (operation.HasRange()
        ? $"{operation.Name()} {start}+{count}"
        : operation.Name());

    /// <summary>Makes this access the initial state of a disk, before all other accesses.</summary>
    internal DiskAccess AsInitialState(long now)
    {
        Begin(now);
        End(now, count.Value);
        IsDurable = true;
        return this;
    }

    internal void Begin(long now)
    {
        BeganAt = now;
        if (DataBytes > 0)
        {
            content = new byte[count.Bytes];
            Data.Span[..(int)DataBytes].CopyTo(content.AsSpan(Edges.HeadBytes));
        }
    }

    internal void End(long now, long doneSectors)
    {
        EndedAt = now;
        DoneSectors = doneSectors;
    }

    internal void MarkLost() => IsLost = true;

    /// <summary>This access takes effect before the other, if both do.</summary>
    internal bool Precedes(DiskAccess other) =>
        EndedAt < other.BeganAt || (Stream is { } stream && stream == other.Stream && BeganAt < other.BeganAt);

    /// <summary>The bytes that a write changes in one of its sectors, without the edges.</summary>
    internal Range WrittenRange(int index)
    {
        var at = (long)index * Sector.SizeBytes;
        var from = (int)Math.Clamp(Edges.HeadBytes - at, 0, Sector.SizeBytes);
        return from..(int)Math.Clamp(count.Bytes - Edges.TailBytes - at, from, Sector.SizeBytes);
    }

    /// <summary>The write preserves the whole sector, whether or not it writes the sector back.</summary>
    internal bool Preserves(long index)
    {
        var at = index * Sector.SizeBytes;
        return Changes && !Edges.IsNone
            && (at + Sector.SizeBytes <= Edges.HeadBytes || at >= count.Bytes - Edges.TailBytes);
    }

    /// <summary>The data for one of its sectors; zeroes in the bytes that the write preserves.</summary>
    internal ReadOnlySpan<byte> Content(int index) => content.AsSpan(index * Sector.SizeBytes, Sector.SizeBytes);
}
