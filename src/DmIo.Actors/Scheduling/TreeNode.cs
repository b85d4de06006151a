namespace DmIo.Actors.Scheduling;

/// <summary>What can be in one <see cref="SectorTree"/> at a time: the tree's links are its own, so that a tree
/// allocates nothing.</summary>
internal abstract class TreeNode
{
    /// <summary>The order: by sector, of one sector by the tie. Constant while it is in a tree.</summary>
    internal long Key { get; set; }

    internal long Tie { get; set; }

    internal TreeNode? Left { get; set; }

    internal TreeNode? Right { get; set; }

    internal TreeNode? Parent { get; set; }

    /// <summary>Random; no node has a higher one than its parent.</summary>
    internal uint Rank { get; set; }
}
