namespace DmIo.Actors.Scheduling;

/// <summary>
/// Nodes in sector order: a treap, balanced by random ranks from a constant seed, so that the same history always makes
/// the same tree. Each operation takes O(log n) expected steps, for any order of arrival, and allocates nothing.
/// Invariants: in order by (Key, Tiebreaker); a parent's rank is at least its children's.
/// </summary>
internal sealed class IntervalTree
{
    private TreeNode? root;
    private uint random = 0x9E3779B9;

    internal bool IsEmpty => root is null;

    /// <summary>Nodes visited since creation: the measure of the cost.</summary>
    internal long Steps { get; private set; }

    internal void Insert(TreeNode node)
    {
        node.Rank = NextRank();
        TreeNode? parent = null;
        var isLeft = false;
        for (var at = root; at is not null; Steps++)
        {
            parent = at;
            isLeft = IsBefore(node, at);
            at = isLeft ? at.Left : at.Right;
        }

        node.Parent = parent;
        if (parent is null)
        {
            root = node;
            return;
        }

        if (isLeft)
        {
            parent.Left = node;
        }
        else
        {
            parent.Right = node;
        }

        while (node.Parent is { } above && above.Rank < node.Rank)
        {
            RotateUp(node, above);
        }
    }

    internal void Remove(TreeNode node)
    {
        while (node.Left is not null && node.Right is not null)
        {
            RotateUp(node.Left.Rank > node.Right.Rank ? node.Left : node.Right, node);
        }

        Replace(node, node.Left ?? node.Right);
        node.Left = node.Right = node.Parent = null;
    }

    /// <summary>The last node that begins at or before the sector.</summary>
    internal TreeNode? Floor(long key)
    {
        TreeNode? found = null;
        for (var at = root; at is not null; Steps++)
        {
            if (at.Key <= key)
            {
                found = at;
                at = at.Right;
            }
            else
            {
                at = at.Left;
            }
        }

        return found;
    }

    /// <summary>The first node that begins at or after the sector.</summary>
    internal TreeNode? Ceiling(long key)
    {
        TreeNode? found = null;
        for (var at = root; at is not null; Steps++)
        {
            if (at.Key >= key)
            {
                found = at;
                at = at.Left;
            }
            else
            {
                at = at.Right;
            }
        }

        return found;
    }

    /// <summary>For tests: the order, the ranks and the links of all nodes. Takes O(n).</summary>
    /// <returns>The number of nodes.</returns>
    internal int CheckInvariants()
    {
        TreeNode? last = null;
        return Check(root, parent: null, ref last);
    }

    private static int Check(TreeNode? node, TreeNode? parent, ref TreeNode? last)
    {
        if (node is null)
        {
            return 0;
        }

        Invariant.Require(ReferenceEquals(node.Parent, parent));
        Invariant.Require(parent is null || parent.Rank >= node.Rank);
        var left = Check(node.Left, node, ref last);
        Invariant.Require(last is null || IsBefore(last, node));
        last = node;
        return left + 1 + Check(node.Right, node, ref last);
    }

    private static bool IsBefore(TreeNode one, TreeNode other) =>
        one.Key < other.Key || (one.Key == other.Key && one.Tiebreaker < other.Tiebreaker);

    private void RotateUp(TreeNode node, TreeNode parent)
    {
        Steps++;
        Replace(parent, node);
        if (ReferenceEquals(parent.Left, node))
        {
            parent.Left = node.Right;
            if (parent.Left is not null)
            {
                parent.Left.Parent = parent;
            }

            node.Right = parent;
        }
        else
        {
            parent.Right = node.Left;
            if (parent.Right is not null)
            {
                parent.Right.Parent = parent;
            }

            node.Left = parent;
        }

        parent.Parent = node;
    }

    private void Replace(TreeNode node, TreeNode? by)
    {
        var parent = node.Parent;
        if (parent is null)
        {
            root = by;
        }
        else if (ReferenceEquals(parent.Left, node))
        {
            parent.Left = by;
        }
        else
        {
            parent.Right = by;
        }

        if (by is not null)
        {
            by.Parent = parent;
        }
    }

    private uint NextRank()
    {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        return random;
    }
}

/// <summary>A node of an <see cref="IntervalTree"/>, in one tree at a time: it holds the tree's links, so that a tree
/// allocates nothing.</summary>
internal abstract class TreeNode
{
    /// <summary>The order: by sector, then by the tie. Constant while the node is in a tree.</summary>
    internal long Key { get; set; }

    internal long Tiebreaker { get; set; }

    internal TreeNode? Left { get; set; }

    internal TreeNode? Right { get; set; }

    internal TreeNode? Parent { get; set; }

    /// <summary>Random; a node's rank is at most its parent's.</summary>
    internal uint Rank { get; set; }
}
