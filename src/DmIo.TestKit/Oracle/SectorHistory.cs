using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// The possible contents of one sector: all changes that no later change certainly supersedes. A change supersedes
/// those that precede it: for readers, when its outcome says that it happened; for a crash, when it is durable. So two
/// sets are kept:
/// <list type="bullet">
/// <item>visible changes, which a read may return: few, the last acknowledged one and those concurrent with it;</item>
/// <item>hidden changes, which only a crash can restore: many, examined only when a change becomes durable, and removed
/// then.</item>
/// </list>
/// </summary>
internal sealed class SectorHistory(SectorChange first)
{
    private readonly List<SectorChange> hidden = [];
    private readonly List<DiskAccess> reads = [];
    private List<SectorChange> visible = [first];

    /// <summary>The history has no more information than that of an untouched sector.</summary>
    internal bool IsInitial => visible.Count == 1 && visible[0] == first && hidden.Count == 0 && reads.Count == 0;

    /// <summary>The sector has one possible value, which is durable.</summary>
    internal bool IsSettled => visible.Count == 1 && hidden.Count == 0 && visible[0].IsDurable;

    /// <summary>Reads of the sector, including those of writes that preserve a part of it.</summary>
    internal IEnumerable<DiskAccess> Reads => reads.Concat(
        visible.Select(change => change.Access).Where(access => access.IsInFlight && !access.Edges.IsNone));

    internal void Add(SectorChange change) => visible.Add(change);

    internal void Add(DiskAccess read) => reads.Add(read);

    /// <summary>The access has its outcome.</summary>
    internal void End(DiskAccess access)
    {
        reads.Remove(access);
        MergePreserved(access);
        if (access.IsDurable)
        {
            DropSuperseded();
        }
        else
        {
            Hide();
        }
    }

    /// <summary>The access never happened.</summary>
    internal void Withdraw(DiskAccess access)
    {
        reads.Remove(access);
        visible.RemoveAll(change => change.Access == access);
        hidden.RemoveAll(change => change.Access == access);
        Hide();
    }

    /// <summary>A change became durable: removes the hidden changes that it supersedes.</summary>
    internal void DropSuperseded()
    {
        Hide();
        if (hidden.Count > 0)
        {
            hidden.RemoveAll(Durable().Supersede);
        }
    }

    /// <summary>True if the read may return the contents.</summary>
    internal bool MayRead(DiskAccess read, ReadOnlySpan<byte> content)
    {
        var done = new Superseders(visible, later => later.IsDone && later.Access.Precedes(read));
        return AnyHolds(visible, content, done, read);
    }

    /// <summary>True if the sector may hold the contents while no access is in flight.</summary>
    internal bool MayHold(ReadOnlySpan<byte> content) =>
        AnyHolds(visible, content, new Superseders(visible, change => change.IsDone));

    /// <summary>True if the sector may hold the contents after a crash.</summary>
    internal bool MaySurvive(ReadOnlySpan<byte> content)
    {
        var durable = Durable();
        return AnyHolds(visible, content, durable) || AnyHolds(hidden, content, durable);
    }

    /// <summary>The possible contents for a read, or after a crash, for findings.</summary>
    internal IEnumerable<SectorChange> Possible(bool afterCrash)
    {
        var certain = afterCrash ? Durable() : new Superseders(visible, change => change.IsDone);
        return (afterCrash ? hidden.Concat(visible) : visible).Where(change => !certain.Supersede(change));
    }

    /// <summary>Finds the bytes that the change preserved, if they are unambiguous.</summary>
    private void MergePreserved(DiskAccess access)
    {
        var at = access.Edges.IsNone ? -1 : visible.FindIndex(change => change.Access == access);
        if (at < 0 || visible[at] is not { IsDone: true, IsWhole: false, IsCorrupted: false })
        {
            return;
        }

        var others = visible.Concat(hidden).Where(change => change.Access != access).ToList();
        var done = new Superseders(others, change => change.IsDone && change.Access.Precedes(access));
        var found = others.FindAll(change => !access.Precedes(change.Access) && !done.Supersede(change));
        if (found is [{ IsWhole: true } only])
        {
            visible[at] = visible[at].MergedWith(only);
        }
    }

    /// <summary>Hides changes that no access in flight and no later one can read.</summary>
    private void Hide()
    {
        if (visible.Count == 1)
        {
            return;
        }

        var oldestRead = Reads.Select(read => read.BeganAt).DefaultIfEmpty(long.MaxValue).Min();
        var done = new Superseders(visible, change => change.IsDone && change.Access.EndedAt < oldestRead);
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

    /// <summary>Changes that are certain, for readers or after a crash. The latest of them supersedes most
    /// others.</summary>
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
                    newest = Math.Max(newest, change.Access.BeganAt);
                }
            }
        }

        internal bool Supersede(SectorChange change) =>
            change.Access.EndedAt < newest || accesses.Exists(change.Access.Precedes);
    }
}

/// <summary>The change of one sector by one access: its sector number <paramref name="Index"/>. If the access preserves
/// a part of the sector, that part is known only after the outcome, and only if the contents before it were
/// unambiguous.</summary>
/// <param name="Access">The change.</param>
/// <param name="Index">The index of the sector in the access.</param>
/// <param name="Merged">The written bytes, merged with the preserved ones; null: unknown, or the access preserves
/// none.</param>
internal readonly record struct SectorChange(DiskAccess Access, int Index, byte[]? Merged = null)
{
    private static readonly byte[] Zeroes = new byte[Sector.SizeBytes];

    /// <summary>The outcome says that the change happened.</summary>
    internal bool IsDone => Index < Access.DoneSectors;

    /// <summary>The change happened, and is certain to survive a crash.</summary>
    internal bool IsDurable => IsDone && Access.IsDurable;

    /// <summary>The whole contents of the sector after the change are known.</summary>
    internal bool IsWhole => Merged is not null || Written.Equals(0..Sector.SizeBytes);

    /// <summary>While the access was in flight, a read returned corrupted data, possibly the access's own
    /// read.</summary>
    internal bool IsCorrupted => Access.Corrupted.Contains(Access.Start.Value + Index);

    private Range Written => !Access.Operation.DefinesContent() ? 0..0
        : Access.Operation.HasData() && Merged is null ? Access.WrittenRange(Index)
        : 0..Sector.SizeBytes;

    private ReadOnlySpan<byte> Content =>
        Merged ?? (Access.Operation.HasData() ? Access.Content(Index) : Zeroes);

    internal bool Holds(ReadOnlySpan<byte> content) => content[Written].SequenceEqual(Content[Written]);

    /// <summary>The change, merged with the contents before it.</summary>
    internal SectorChange MergedWith(SectorChange before)
    {
        var merged = before.Content.ToArray();
        Content[Written].CopyTo(merged.AsSpan(Written));
        return this with { Merged = merged };
    }

    /// <summary>Describes the contents and the access, for findings.</summary>
    internal string Describe(Func<ReadOnlySpan<byte>, string> name)
    {
        var state = this switch
        {
            { IsDurable: true } => "durable by",
            { IsDone: true } => "acknowledged by",
            { Access.IsInFlight: true } => "in flight by",
            _ => "not acknowledged by",
        };
        var what = IsWhole ? name(Content) : !Access.Operation.DefinesContent() ? "anything" : "a part";
        return $"{what} ({state} {Access})";
    }
}
