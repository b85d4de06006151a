using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>
/// What each sector of one disk may hold: of all changes that were asked for, those that nothing else supersedes for
/// certain. A change supersedes those that precede it, once its outcome says that it happened; a crash undoes those
/// that were not durable. So a sector that nobody fights over has exactly one value, and an uncertain one is one of
/// those that were in flight.
/// </summary>
internal sealed class DiskModel
{
    private readonly List<Change>[] sectors;
    private readonly HashSet<ModelAccess> reads = [];

    internal DiskModel(int sectorCount)
    {
        sectors = new List<Change>[sectorCount];
        for (var index = 0; index < sectorCount; index++)
        {
            sectors[index] = [new Change(ModelAccess.First, 0)];
        }
    }

    /// <summary>A change was asked for. Sectors beyond the end are not the disk's.</summary>
    /// <param name="access">Of one region of a request.</param>
    /// <param name="region">Which sectors.</param>
    /// <param name="valueOf">What it makes of each, counted from the region's first; null: anything.</param>
    internal void Begin(ModelAccess access, IoRegion region, Func<long, long?> valueOf)
    {
        foreach (var sector in In(region))
        {
            sectors[sector].Add(new Change(access, valueOf(sector - region.Start.Value)));
        }
    }

    internal void BeginRead(ModelAccess access) => reads.Add(access);

    /// <summary>Is this what a read of the sector may have found there?</summary>
    internal bool MayRead(ModelAccess read, long sector, long value) => sectors[sector].Exists(change =>
        change.Is(value) && !read.Precedes(change.Access) && !sectors[sector].Exists(later =>
            later.Access.IsOk && change.Access.Precedes(later.Access) && later.Access.Precedes(read)));

    internal void EndRead(ModelAccess access) => reads.Remove(access);

    /// <summary>A flush succeeded: what had ended when it was asked for is durable.</summary>
    internal void Flushed(ModelAccess flush)
    {
        foreach (var change in sectors.SelectMany(changes => changes))
        {
            change.Access.IsDurable |= change.Access.IsOk && change.Access.Ended < flush.Began;
        }
    }

    /// <summary>Forgets what nothing can find any more.</summary>
    internal void Prune(IoRegion region)
    {
        var oldestRead = reads.Count == 0 ? long.MaxValue : reads.Min(read => read.Began);
        foreach (var sector in In(region))
        {
            var changes = sectors[sector];
            changes.RemoveAll(change => changes.Exists(later =>
                later.Access.IsDurable && later.Access.Ended < oldestRead && change.Access.Precedes(later.Access)));
        }
    }

    /// <summary>The device did something else to the sector than it was told: from now on, it may hold
    /// anything, until it is written.</summary>
    internal void Spoil(long sector, ModelAccess now) => sectors[sector].Add(new Change(now, null));

    /// <summary>Is this what is on the medium, when nothing is under way?</summary>
    internal bool MayHold(long sector, long value) => sectors[sector].Exists(change =>
        change.Is(value) && !IsSuperseded(sector, change, later => later.IsOk));

    /// <summary>Is this what a crash may leave?</summary>
    internal bool MaySurvive(long sector, long value) => sectors[sector].Exists(change =>
        change.Is(value) && !IsSuperseded(sector, change, later => later.IsDurable));

    /// <summary>After a crash: that is what is there.</summary>
    internal void Settle(long sector, long value)
    {
        sectors[sector].Clear();
        sectors[sector].Add(new Change(ModelAccess.First, value == SectorValue.Garbage ? null : value));
    }

    internal void Crash() => reads.Clear();

    /// <summary>For people: what the sector may hold.</summary>
    internal string Describe(long sector) => string.Join(", ", sectors[sector].Select(change =>
        (change.Value is { } value ? SectorValue.Name(value) : "anything")
        + (change.Access.IsOk ? " ok" : change.Access.Ended == long.MaxValue ? " under way" : " failed")
        + (change.Access.IsDurable ? " durable" : "")));

    private bool IsSuperseded(long sector, Change change, Func<ModelAccess, bool> isCertain) =>
        sectors[sector].Exists(later => isCertain(later.Access) && change.Access.Precedes(later.Access));

    private IEnumerable<long> In(IoRegion region)
    {
        for (var sector = region.Start.Value; sector < region.Start.Value + region.Count.Value; sector++)
        {
            if (sector < sectors.Length)
            {
                yield return sector;
            }
        }
    }

    private readonly record struct Change(ModelAccess Access, long? Value)
    {
        internal bool Is(long value) => Value is null || Value == value;
    }
}
