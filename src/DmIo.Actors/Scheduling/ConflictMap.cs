namespace DmIo.Actors.Scheduling;

/// <summary>
/// Orders conflicting entries (R20): of two entries with common sectors, one of which changes them, the later waits for
/// the earlier; no other entry waits. Exact at any time, also after withdrawals.
/// </summary>
/// <remarks>
/// <para>
/// Each sector has a stack of changes, each with the reads that arrived after it; only neighbors in the stack wait for
/// one another. Adjacent sectors with the same stack share one <see cref="IntervalNode"/> per level. The top
/// <see cref="IntervalLevel"/> holds the tops of all stacks. A new change moves the nodes that it covers into the level
/// below it, unchanged; the level of a withdrawn change replaces the change's own nodes. So no node of a completed or
/// withdrawn entry remains.
/// </para>
/// <para>
/// Bounds. Each border between two nodes of a level is the first or last sector of an entry, which is in one level
/// there: so there are at most 3 nodes per entry. A read has at most one user per node of its range, so at most one per
/// sector, a tenth of the memory it reads into. Adding takes O((1 + k) log n): k is the number of nodes that the entry
/// meets, plus the readers of the two nodes that its ends may split. Entries with identical ranges share one node,
/// O(log n) for any number of them. The nodes that a change meets are below it afterwards, and no other entry meets
/// them.
/// </para>
/// </remarks>
internal sealed class ConflictMap
{
    private readonly IntervalTree tree = new();
    private readonly IntervalLevel top;
    private readonly ObjectPool<IntervalNode> nodes = new();
    private readonly ObjectPool<IntervalUser> users = new();
    private readonly Action<QueueEntry> release;
    private long steps;

    /// <param name="release">Called for an entry that waited and waits no longer. It must not call this object.</param>
    internal ConflictMap(Action<QueueEntry> release)
    {
        this.release = release;
        top = new IntervalLevel(above: null, tree);
    }

    internal bool IsEmpty => tree.IsEmpty;

    /// <summary>Nodes in all levels.</summary>
    internal int NodeCount { get; private set; }

    /// <summary>Users in all nodes.</summary>
    internal int UserCount { get; private set; }

    /// <summary>Nodes and users visited since creation: the measure of the cost.</summary>
    internal long Steps => tree.Steps + steps;

    /// <summary>Adds an entry on top. <see cref="QueueEntry.IsBlocked"/> then says whether it must wait.</summary>
    internal void Add(QueueEntry entry)
    {
        var behind = (IntervalNode?)tree.Floor(entry.Start);
        if (behind is not null && behind.End > entry.Start)
        {
            if (behind.Start < entry.Start)
            {
                Split(behind, entry.Start);
            }
            else
            {
                behind = behind.Previous;
            }
        }

        if (entry.IsChange)
        {
            Cover(entry, behind);
        }
        else
        {
            Read(entry, behind);
        }
    }

    /// <summary>An entry has ended, or is a read that no longer waits: entries that waited only for it are
    /// released.</summary>
    internal void Remove(QueueEntry entry)
    {
        if (entry.Under.First is not null)
        {
            Uncover(entry);
            return;
        }

        while (entry.FirstUser is { } user)
        {
            steps++;
            var node = user.Node!;
            if (entry.IsChange)
            {
                ClearChanger(node);
            }
            else
            {
                node.RemoveReader(user);
                entry.Blockers -= node.Changer is null ? 0 : 1;
                Discard(user);
                Settle(node);
            }
        }
    }

    /// <summary>For tests: the top level, the levels under its entries, and their tree. Takes O(n).</summary>
    internal void CheckInvariants()
    {
        var (nodeCount, userCount) = (0, 0);
        var topCount = Check(top, long.MinValue, long.MaxValue, ref nodeCount, ref userCount);
        Invariant.Require(tree.CheckInvariants() == topCount);
        Invariant.Require((nodeCount, userCount) == (NodeCount, UserCount));
    }

    /// <returns>The number of nodes of the level, without those of the levels under it.</returns>
    private static int Check(IntervalLevel level, long start, long end, ref int nodeCount, ref int userCount)
    {
        var count = 0;
        for (var node = level.First; node is not null; node = node.Next)
        {
            count++;
            nodeCount++;
            Invariant.Require(ReferenceEquals(node.Level, level) && !node.IsEmpty);
            Invariant.Require(start <= node.Start && node.Start < node.End && node.End <= end);
            Invariant.Require(node.Next is null || (node.End <= node.Next.Start && !node.IsContinuedBy(node.Next)));
            userCount += CheckUsers(node);
            if (node.Changer?.Entry is { } entry && ReferenceEquals(entry.FirstUser, node.Changer))
            {
                Check(entry.Under, entry.Start, entry.End, ref nodeCount, ref userCount);
            }
        }

        return count;
    }

    /// <returns>The number of users of the node.</returns>
    private static int CheckUsers(IntervalNode node)
    {
        var readers = 0;
        for (var reader = node.FirstReader; reader is not null; reader = reader.NextReader)
        {
            readers++;
            Invariant.Require(ReferenceEquals(reader.Node, node) && !reader.Entry!.IsChange);
            Invariant.Require(node.Changer is null || reader.Entry.Blockers > 0);
        }

        Invariant.Require(readers == node.ReaderCount);
        Invariant.Require(node.Changer is null
            || (ReferenceEquals(node.Changer.Node, node) && node.Changer.Entry!.IsChange));
        return readers + (node.Changer is null ? 0 : 1);
    }

    private void Read(QueueEntry entry, IntervalNode? behind)
    {
        for (var at = entry.Start; at < entry.End;)
        {
            var next = behind is null ? top.First : behind.Next;
            if (next is null || next.Start > at)
            {
                next = NewNode(at, Math.Min(next?.Start ?? long.MaxValue, entry.End), top, behind);
            }
            else if (next.End > entry.End)
            {
                Split(next, entry.End);
            }

            steps++;
            var user = NewUser(entry, behind: null);
            next.AddReader(user);
            entry.Blockers += next.Changer is null ? 0 : 1;
            at = next.End;
            behind = next;
        }
    }

    private void Cover(QueueEntry entry, IntervalNode? behind)
    {
        while ((behind is null ? top.First : behind.Next) is { } next && next.Start < entry.End)
        {
            if (next.End > entry.End)
            {
                Split(next, entry.End);
            }

            steps++;
            top.Remove(next);
            entry.Under.Insert(next, entry.Under.Last);
        }

        var node = NewNode(entry.Start, entry.End, top, behind);
        node.Changer = NewUser(entry, behind: null);
        node.Changer.Node = node;
    }

    /// <summary>A waiting change is withdrawn: the nodes that it covered replace its own nodes, at any level of the
    /// stacks.</summary>
    private void Uncover(QueueEntry entry)
    {
        while (entry.FirstUser?.Node is { } node)
        {
            steps++;
            var under = entry.Under.First;
            if (under is null || under.Start >= node.End)
            {
                ClearChanger(node);
            }
            else if (under.Start > node.Start)
            {
                Split(node, under.Start);
                ClearChanger(node);
            }
            else
            {
                Invariant.Require(under.Start == node.Start);
                if (under.End < node.End)
                {
                    Split(node, under.End);
                }
                else if (under.End > node.End)
                {
                    Split(under, node.End);
                }

                Settle(Absorb(node, under));
            }
        }
    }

    /// <summary>
    /// The node loses its changer and merges with the node below, of the same sectors. The smaller list of readers
    /// moves into the larger, so that a reader moves O(log n) times in total.
    /// </summary>
    private IntervalNode Absorb(IntervalNode node, IntervalNode under)
    {
        Discard(node.Changer!);
        node.Changer = null;
        if (under.Changer is null)
        {
            Unblock(node);
        }

        if (under.ReaderCount > node.ReaderCount)
        {
            MoveReaders(node, under);
            var (level, behind) = (node.Level!, node.Previous);
            Recycle(node);
            under.Level!.Remove(under);
            level.Insert(under, behind);
            return under;
        }

        MoveReaders(under, node);
        if (under.Changer is { } changer)
        {
            node.Changer = changer;
            changer.Node = node;
            under.Changer = null;
        }

        Recycle(under);
        return node;
    }

    private void MoveReaders(IntervalNode from, IntervalNode to)
    {
        while (from.FirstReader is { } reader)
        {
            steps++;
            from.RemoveReader(reader);
            to.AddReader(reader);
        }
    }

    private void ClearChanger(IntervalNode node)
    {
        Discard(node.Changer!);
        node.Changer = null;
        Unblock(node);
        Settle(node);
    }

    /// <summary>No change precedes the readers of the node any longer.</summary>
    private void Unblock(IntervalNode node)
    {
        for (var reader = node.FirstReader; reader is not null; reader = reader.NextReader)
        {
            steps++;
            if (--reader.Entry!.Blockers == 0 && reader.Entry.State == EntryState.Blocked)
            {
                release(reader.Entry);
            }
        }
    }

    /// <summary>Called after a change of the node: removes an empty node, and joins equal neighbors.</summary>
    private void Settle(IntervalNode node)
    {
        var level = node.Level!;
        if (node.IsEmpty)
        {
            Recycle(node);
            if (level is { Above: { State: EntryState.Blocked } above, First: null })
            {
                release(above);
            }

            return;
        }

        if (node.Next is { } next && node.IsContinuedBy(next))
        {
            Join(node, next);
        }

        if (node.Previous is { } previous && previous.IsContinuedBy(node))
        {
            Join(previous, node);
        }
    }

    private void Join(IntervalNode node, IntervalNode next)
    {
        node.End = next.End;
        while (next.FirstReader is { } reader)
        {
            steps++;
            next.RemoveReader(reader);
            reader.Entry!.Blockers -= next.Changer is null ? 0 : 1;
            Discard(reader);
        }

        if (next.Changer is { } changer)
        {
            next.Changer = null;
            Discard(changer);
        }

        Recycle(next);
    }

    /// <summary>Splits a node in two of the same level; the given one ends at the sector.</summary>
    private void Split(IntervalNode node, long at)
    {
        var right = NewNode(at, node.End, node.Level!, node);
        node.End = at;
        if (node.Changer is { } changer)
        {
            right.Changer = NewUser(changer.Entry!, changer);
            right.Changer.Node = right;
        }

        for (var reader = node.FirstReader; reader is not null; reader = reader.NextReader)
        {
            steps++;
            right.AddReader(NewUser(reader.Entry!, reader));
            reader.Entry!.Blockers += node.Changer is null ? 0 : 1;
        }
    }

    private IntervalNode NewNode(long start, long end, IntervalLevel level, IntervalNode? behind)
    {
        var node = nodes.Take();
        node.Key = start;
        node.End = end;
        level.Insert(node, behind);
        NodeCount++;
        return node;
    }

    private void Recycle(IntervalNode node)
    {
        Invariant.Require(node.IsEmpty);
        node.Level!.Remove(node);
        nodes.Return(node);
        NodeCount--;
    }

    private IntervalUser NewUser(QueueEntry entry, IntervalUser? behind)
    {
        var user = users.Take();
        entry.AddUser(user, behind);
        UserCount++;
        return user;
    }

    private void Discard(IntervalUser user)
    {
        user.Entry!.RemoveUser(user);
        users.Return(user);
        UserCount--;
    }
}
