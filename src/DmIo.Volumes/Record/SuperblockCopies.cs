using System.Collections.Immutable;

namespace DmIo.Volumes.Record;

/// <summary>What the four copies of a superblock allow.</summary>
internal enum SuperblockOutcome
{
    /// <summary>The superblock is known.</summary>
    Open,

    /// <summary>Too few copies are valid, or they contradict each other.</summary>
    Damaged,

    /// <summary>A newer program wrote a copy.</summary>
    Newer,

    /// <summary>The superblock does not belong to the devices that were named: they differ in whether the metadata is
    /// external, or it belongs to other data.</summary>
    OtherDevices,
}

/// <summary>The result of reading the four copies of a superblock. Immutable.</summary>
/// <param name="Outcome">What the copies allow.</param>
/// <param name="Superblock">The superblock; null unless open.</param>
/// <param name="Sequence">The sequence of the superblock; 0 unless open.</param>
/// <param name="LastSequence">The highest sequence of all copies with a correct checksum, of any leg.</param>
/// <param name="Copies">The four copies.</param>
/// <param name="Current">Bit i: copy i equals the superblock.</param>
/// <param name="Fault">Why the superblock is not open; null if it is.</param>
internal sealed record SuperblockReading(
    SuperblockOutcome Outcome,
    Superblock? Superblock,
    ulong Sequence,
    ulong LastSequence,
    ImmutableArray<SuperblockCopy> Copies,
    byte Current,
    string? Fault)
{
    /// <summary>All blocks could be read, and none has a trace of a superblock.</summary>
    public bool IsBlank => Copies.All(copy => copy.State == CopyState.NoMagic);
}

/// <summary>
/// The four copies of the superblock of a member: which state they hold, and how the next state replaces it. Pure: the
/// caller reads and writes the blocks.
/// <list type="bullet">
/// <item>An update is durable when three copies are. Two valid copies therefore include one of the newest durable
/// update.</item>
/// <item>One copy is written at a time, and the copies of the present state last, so that a torn write and one rotten
/// copy always leave two valid copies.</item>
/// <item>A sequence exceeds each sequence seen before.</item>
/// <item>After opening, the superblock is durable again at a new sequence before the member answers anything:
/// <see cref="IsDurable"/> (VR10). Until then a copy that is not durable could be lost after it was answered.</item>
/// </list>
/// Not thread-safe.
/// </summary>
internal sealed class SuperblockCopies
{
    private const int Threshold = 3;

    private readonly CopyContent[] contents = new CopyContent[LegGeometry.Copies];
    private ulong lastSequence;

    /// <summary>The copies of a superblock that was opened.</summary>
    public SuperblockCopies(SuperblockReading opened)
    {
        Invariant.Require(opened.Outcome == SuperblockOutcome.Open);
        lastSequence = opened.LastSequence;
        for (var copy = 0; copy < LegGeometry.Copies; copy++)
        {
            contents[copy] = (opened.Current & (1 << copy)) != 0 ? CopyContent.Current
                : opened.Copies[copy].State == CopyState.Valid ? CopyContent.Other
                : CopyContent.None;
        }
    }

    private SuperblockCopies(ulong lastSequence) => this.lastSequence = lastSequence;

    /// <summary>The last update is durable. False after opening.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>The update in progress; null: there is none.</summary>
    public SuperblockUpdate? Pending { get; private set; }

    /// <summary>The copies of a new superblock. The caller has decided to replace what the blocks hold.</summary>
    /// <param name="found">What the blocks hold; their sequences are exceeded, so that a part of the old superblock
    /// never wins.</param>
    public static SuperblockCopies Create(SuperblockReading found) => new(found.LastSequence);

    /// <summary>Decides which superblock four blocks hold.</summary>
    /// <param name="blocks">Blocks 0, 1 and the last two before the end of the metadata, of 4096 bytes each; null: the
    /// block could not be read.</param>
    /// <remarks>
    /// <list type="bullet">
    /// <item>A copy of a newer program: refused, since what it decided may not be undone.</item>
    /// <item>Copies of several legs: those of the only leg with two or more copies count. With two copies of each of
    /// two legs, the superblock is damaged: their sequences are unrelated.</item>
    /// <item>The highest sequence of which two copies are equal. If no two copies are equal, the copy with the highest
    /// sequence of two or more: one of them was written by the newest durable update, or by a later one.</item>
    /// <item>Two different copies at the sequence that would be opened: damaged.</item>
    /// </list>
    /// </remarks>
    public static SuperblockReading Read(IReadOnlyList<byte[]?> blocks)
    {
        Invariant.Require(blocks.Count == LegGeometry.Copies);
        ImmutableArray<SuperblockCopy> copies =
            [.. blocks.Select((block, copy) => SuperblockCodec.Decode(block, copy))];
        var closed = new SuperblockReading(
            SuperblockOutcome.Damaged, null, 0, copies.Max(copy => copy.Sequence), copies, 0, null);
        if (copies.FirstOrDefault(copy => copy.State == CopyState.Newer) is { } newer)
        {
            var at = copies.IndexOf(newer);
            return closed with { Outcome = SuperblockOutcome.Newer, Fault = $"Superblock {at} {newer.Fault}." };
        }

        var legs = Enumerable.Range(0, LegGeometry.Copies).Where(copy => copies[copy].Superblock is not null)
            .GroupBy(copy => (copies[copy].Superblock!.Volume, copies[copy].Superblock!.Leg))
            .Where(group => group.Count() > 1).ToList();
        return legs switch
        {
            [] => closed with { Fault = "Fewer than two superblocks are valid: " + Explain(copies) },
            [var leg] => Choose(closed, blocks, [.. leg]),
            _ => closed with { Fault = "Two superblocks each belong to two legs: " + Explain(copies) },
        };
    }

    /// <summary>Starts an update. Only one is in progress at a time.</summary>
    public SuperblockUpdate Begin(Superblock superblock)
    {
        Invariant.Require(Pending is null && lastSequence < ulong.MaxValue);
        lastSequence++;
        IsDurable = false;
        Pending = new SuperblockUpdate(superblock, lastSequence, contents);
        return Pending;
    }

    /// <summary>Ends an update, of which each copy was written or failed, or which has failed.</summary>
    /// <returns>True if the update is durable. False if fewer than three copies could be written: the member must not
    /// answer, and may try again with another update.</returns>
    public bool End(SuperblockUpdate update)
    {
        Invariant.Require(update == Pending && update.Next is null);
        for (var copy = 0; copy < LegGeometry.Copies; copy++)
        {
            contents[copy] = update.IsWritten(copy) ? CopyContent.Current
                : !update.IsUntouched(copy) ? CopyContent.None
                : contents[copy] == CopyContent.None ? CopyContent.None
                : CopyContent.Other;
        }

        IsDurable = update.IsDurable;
        Pending = null;
        return IsDurable;
    }

    /// <summary>The number of copies that make an update durable.</summary>
    internal static bool IsEnough(int copies) => copies >= Threshold;

    private static SuperblockReading Choose(SuperblockReading closed, IReadOnlyList<byte[]?> blocks, int[] members)
    {
        var copies = closed.Copies;
        var states = members.GroupBy(
                copy => members.First(other => SuperblockCodec.AreEqual(blocks[other], blocks[copy])))
            .Select(group => (Copies: group.ToArray(), copies[group.Key].Sequence)).ToList();
        var agreed = states.Where(state => state.Copies.Length > 1).ToList();
        var eligible = agreed.Count > 0 ? agreed : states;
        var highest = eligible.Max(state => state.Sequence);
        var newest = eligible.Where(state => state.Sequence == highest).ToList();
        return newest is [var only]
            ? closed with
            {
                Outcome = SuperblockOutcome.Open,
                Superblock = copies[only.Copies[0]].Superblock,
                Sequence = only.Sequence,
                Current = (byte)only.Copies.Sum(copy => 1 << copy),
            }
            : closed with { Fault = $"Superblocks of the sequence {highest} differ: " + Explain(copies) };
    }

    private static string Explain(ImmutableArray<SuperblockCopy> copies) => string.Join("; ", copies.Select(
        (copy, index) => copy.Fault is { } fault
            ? $"superblock {index} {fault}"
            : $"superblock {index} is valid: leg {copy.Superblock!.Leg}, sequence {copy.Sequence}")) + ".";
}
