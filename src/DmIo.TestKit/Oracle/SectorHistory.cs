namespace DmIo.TestKit.Oracle;

/// <summary>
/// What one sector may hold: of all changes that were asked for, those that no later one supersedes for certain. A
/// change supersedes those that precede it: for readers, when its outcome says that it happened; for a crash, when it
/// is durable. So it keeps, apart,
/// <list type="bullet">
/// <item>what a read may find: few, the last one acknowledged and what fights with it;</item>
/// <item>what is hidden from readers, and which a crash may bring back: many, looked at only when something becomes
/// durable, and gone then.</item>
/// </list>
/// </summary>
internal sealed class SectorHistory(SectorChange first)
{
    private readonly List<SectorChange> hidden = [];
    private readonly List<DiskAccess> reads = [];
    private List<SectorChange> visible = [first];

    /// <summary>Nobody knows more of it than of a sector that nothing ever happened to since.</summary>
    internal bool IsAsItBegan => visible.Count == 1 && visible[0] == first && hidden.Count == 0 && reads.Count == 0;

    /// <summary>One value, and durable.</summary>
    internal bool IsSettled => visible.Count == 1 && hidden.Count == 0 && visible[0].IsDurable;

    /// <summary>Those that read it, or a part of it that they keep.</summary>
    internal IEnumerable<DiskAccess> Reads => reads.Concat(
        visible.Select(change => change.Access).Where(access => access.IsInFlight && !access.Edges.IsNone));

    internal void Add(SectorChange change) => visible.Add(change);

    internal void Add(DiskAccess read) => reads.Add(read);

    /// <summary>It has its outcome.</summary>
    internal void End(DiskAccess access)
    {
        reads.Remove(access);
        FindKept(access);
        if (access.IsDurable)
        {
            Forget();
        }
        else
        {
            Hide();
        }
    }

    /// <summary>It never happened.</summary>
    internal void Withdraw(DiskAccess access)
    {
        reads.Remove(access);
        visible.RemoveAll(change => change.Access == access);
        hidden.RemoveAll(change => change.Access == access);
        Hide();
    }

    /// <summary>Something became durable: what it hid is gone for ever.</summary>
    internal void Forget()
    {
        Hide();
        if (hidden.Count > 0)
        {
            hidden.RemoveAll(Durable().Supersede);
        }
    }

    /// <summary>Is this what the read may have found?</summary>
    internal bool MayRead(DiskAccess read, ReadOnlySpan<byte> content)
    {
        var done = new Superseders(visible, later => later.IsDone && later.Access.Precedes(read));
        return AnyHolds(visible, content, done, read);
    }

    /// <summary>Is this what is there, when nothing is under way?</summary>
    internal bool MayHold(ReadOnlySpan<byte> content) =>
        AnyHolds(visible, content, new Superseders(visible, change => change.IsDone));

    /// <summary>Is this what a crash may leave?</summary>
    internal bool MaySurvive(ReadOnlySpan<byte> content)
    {
        var durable = Durable();
        return AnyHolds(visible, content, durable) || AnyHolds(hidden, content, durable);
    }

    /// <summary>For people: what a read may find, or a crash leave.</summary>
    internal IEnumerable<SectorChange> Possible(bool afterCrash)
    {
        var certain = afterCrash ? Durable() : new Superseders(visible, change => change.IsDone);
        return (afterCrash ? hidden.Concat(visible) : visible).Where(change => !certain.Supersede(change));
    }

    /// <summary>What the change kept of the sector, where that was not in doubt.</summary>
    private void FindKept(DiskAccess access)
    {
        var at = access.Edges.IsNone ? -1 : visible.FindIndex(change => change.Access == access);
        if (at < 0 || visible[at] is not { IsDone: true, IsWhole: false, IsGarbled: false })
        {
            return;
        }

        var others = visible.Concat(hidden).Where(change => change.Access != access).ToList();
        var done = new Superseders(others, change => change.IsDone && change.Access.Precedes(access));
        var found = others.FindAll(change => !access.Precedes(change.Access) && !done.Supersede(change));
        if (found is [{ IsWhole: true } only])
        {
            visible[at] = visible[at].On(only);
        }
    }

    /// <summary>Hides what no read can find any more, nor a write that keeps a part: neither those in flight, nor
    /// those to come.</summary>
    private void Hide()
    {
        if (visible.Count == 1)
        {
            return;
        }

        var oldestRead = Reads.Select(read => read.Began).DefaultIfEmpty(long.MaxValue).Min();
        var done = new Superseders(visible, change => change.IsDone && change.Access.Ended < oldestRead);
        var durable = new Superseders(visible, change => change.IsDurable);
        var before = visible;
        visible = [];
        foreach (var change in before)
        {
            if (!done.Supersede(change))
            {
                visible.Add(change);
            }
            else if (!durable.Supersede(change))
            {
                hidden.Add(change);
            }
        }
    }

    private static bool AnyHolds(
        List<SectorChange> changes, ReadOnlySpan<byte> content, Superseders certain, DiskAccess? read = null)
    {
        foreach (var change in changes)
        {
            if (read?.Precedes(change.Access) != true && change.Holds(content) && !certain.Supersede(change))
            {
                return true;
            }
        }

        return false;
    }

    private Superseders Durable() => new(visible.Concat(hidden), change => change.IsDurable);

    /// <summary>Changes that are certain, in one of the senses. Most are superseded by the youngest of them.</summary>
    private readonly struct Superseders
    {
        private readonly List<DiskAccess> accesses = [];
        private readonly long newest;

        internal Superseders(IEnumerable<SectorChange> changes, Func<SectorChange, bool> isCertain)
        {
            foreach (var change in changes)
            {
                if (isCertain(change))
                {
                    accesses.Add(change.Access);
                    newest = Math.Max(newest, change.Access.Began);
                }
            }
        }

        internal bool Supersede(SectorChange change) =>
            change.Access.Ended < newest || accesses.Exists(change.Access.Precedes);
    }
}
