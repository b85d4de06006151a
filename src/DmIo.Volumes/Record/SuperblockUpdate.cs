namespace DmIo.Volumes.Record;

/// <summary>What a copy of a superblock holds, in the order in which copies are overwritten.</summary>
internal enum CopyContent
{
    /// <summary>Nothing valid.</summary>
    None,

    /// <summary>Another state than the present one.</summary>
    Other,

    /// <summary>The present state.</summary>
    Current,
}

/// <summary>
/// One update of the four copies of a superblock: the order in which they are written, each durably (FUA, or a flush
/// after it) before the next is begun. A copy that fails is passed over; after two, the update ends, because each
/// further write could destroy a copy that is still good.
/// <list type="bullet">
/// <item>Copies with no valid content come first, and copies of the present state last, so that the copies that a
/// crash leaves are enough to open.</item>
/// <item>Otherwise the first two are not neighbors on the device.</item>
/// </list>
/// Not thread-safe.
/// </summary>
internal sealed class SuperblockUpdate
{
    private static readonly int[] Usual = [0, 2, 1, 3];

    private readonly int[] order;
    private readonly bool[] written = new bool[LegGeometry.Copies];
    private int position;

    internal SuperblockUpdate(Superblock superblock, ulong sequence, IReadOnlyList<CopyContent> contents)
    {
        Superblock = superblock;
        Sequence = sequence;
        order = [.. Usual.OrderBy(copy => contents[copy])];
    }

    /// <summary>The new state.</summary>
    public Superblock Superblock { get; }

    /// <summary>The sequence of the new state.</summary>
    public ulong Sequence { get; }

    /// <summary>The copy to write now; null: each was written or failed, or the update has failed.</summary>
    public int? Next => position < order.Length && !IsFailed ? order[position] : null;

    /// <summary>Three copies are durable: the member may answer. The remaining copy is written as well before the next
    /// update begins.</summary>
    public bool IsDurable => SuperblockCopies.IsEnough(written.Count(copy => copy));

    /// <summary>Two copies failed, so the update cannot become durable.</summary>
    public bool IsFailed => !SuperblockCopies.IsEnough(order.Length - position + written.Count(copy => copy));

    /// <summary>The write of a copy was not begun.</summary>
    public bool IsUntouched(int copy) => Array.IndexOf(order, copy) >= position;

    /// <summary>A copy is durable.</summary>
    public bool IsWritten(int copy) => written[copy];

    /// <summary>The block of the copy to write now.</summary>
    /// <param name="block">4096 bytes.</param>
    public void Encode(Span<byte> block)
    {
        Invariant.Require(Next is not null);
        SuperblockCodec.Encode(Superblock, Sequence, Next.Value, block);
    }

    /// <summary>Reports the result of the write of <see cref="Next"/>, and moves to the next copy.</summary>
    /// <param name="isDurable">The copy is durable. False: the write or its flush failed; what the block holds is
    /// unknown.</param>
    public void Complete(bool isDurable)
    {
        Invariant.Require(Next is not null);
        written[order[position]] = isDurable;
        position++;
    }
}
