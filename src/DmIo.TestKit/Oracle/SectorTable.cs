using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// The histories of the touched sectors of a disk. All other sectors are unchanged since the beginning or the last
/// crash.
/// </summary>
internal sealed class SectorTable(SectorCount capacity, DiskAccess first)
{
    private readonly Dictionary<long, SectorHistory> touched = [];
    private readonly HashSet<SectorHistory> unsettled = [];

    /// <summary>The current history of a sector, for reading.</summary>
    internal SectorHistory this[long sector] => touched.TryGetValue(sector, out var history)
        ? history
        : new SectorHistory(new SectorChange(first, (int)sector));

    /// <summary>The sectors of an access that lie on the disk, except those that the access preserves as a whole; each
    /// with its index in the access.</summary>
    internal IEnumerable<(long Sector, int Index)> SectorsOf(DiskAccess access)
    {
        var sectors = access.Operation.HasRange()
            ? Math.Min(access.Count.Value, capacity.Value - access.Start.Value) : 0;
        for (var index = 0; index < sectors; index++)
        {
            if (!access.Preserves(index))
            {
                yield return (access.Start.Value + index, index);
            }
        }
    }

    internal void Begin(DiskAccess access)
    {
        foreach (var (sector, index) in SectorsOf(access))
        {
            if (!touched.TryGetValue(sector, out var history))
            {
                history = this[sector];
                touched.Add(sector, history);
            }

            if (access.Changes)
            {
                history.Add(new SectorChange(access, index));
                unsettled.Add(history);
            }
            else
            {
                history.Add(access);
            }
        }
    }

    internal void End(DiskAccess access)
    {
        foreach (var (sector, _) in SectorsOf(access))
        {
            var history = touched[sector];
            history.End(access);
            Settle(sector, history);
        }
    }

    internal void Withdraw(DiskAccess access)
    {
        foreach (var (sector, _) in SectorsOf(access))
        {
            var history = touched[sector];
            history.Withdraw(access);
            Settle(sector, history);
        }
    }

    /// <summary>A flush made changes durable.</summary>
    internal void DropSuperseded()
    {
        foreach (var history in unsettled)
        {
            history.DropSuperseded();
        }

        unsettled.RemoveWhere(history => history.IsSettled);
    }

    private void Settle(long sector, SectorHistory history)
    {
        if (history.IsSettled)
        {
            unsettled.Remove(history);
        }

        if (history.IsInitial)
        {
            touched.Remove(sector);
        }
    }
}
