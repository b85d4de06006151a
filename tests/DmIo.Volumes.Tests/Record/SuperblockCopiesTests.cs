using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Record;

public sealed class SuperblockCopiesTests
{
    private static readonly Superblock Newest = Samples.Superblock with { Generation = 2 };
    private static readonly Superblock Older = Samples.Superblock with { Generation = 1 };
    private static readonly Superblock Foreign = Samples.Superblock with { Leg = Samples.Id(0xee) };

    private enum Kind
    {
        Newest,
        Older,
        Torn,
        Rotten,
        Missing,
        Foreign,
    }

    [Fact]
    public void Every_combination_of_four_copies_opens_as_the_rules_say()
    {
        var kinds = Enum.GetValues<Kind>();
        var combinations =
            from first in kinds
            from second in kinds
            from third in kinds
            from fourth in kinds
            select (Kind[])[first, second, third, fourth];
        foreach (var combination in combinations)
        {
            var reading = SuperblockCopies.Read([.. combination.Select(Block)]);
            var (expected, sequence) = Expect(combination);
            var text = $"{string.Join(", ", combination)}: {reading.Fault}";
            Assert.True(expected == reading.Superblock && sequence == reading.Sequence, text);
            Assert.Equal(expected is null ? SuperblockOutcome.Damaged : SuperblockOutcome.Open, reading.Outcome);
            Assert.Equal(expected is null, reading.Fault is not null);
            Assert.Equal(combination.Max(SequenceOf), reading.LastSequence);
            for (var copy = 0; copy < 4; copy++)
            {
                var isCurrent = expected is not null && SequenceOf(combination[copy]) == sequence;
                Assert.Equal(isCurrent, (reading.Current & (1 << copy)) != 0);
            }
        }
    }

    [Fact]
    public void Different_superblocks_of_one_sequence_are_damaged_unless_a_pair_decides()
    {
        byte[]? one = Samples.Encode(Newest, 9, 0), other = Samples.Encode(Older, 9, 2);

        var single = SuperblockCopies.Read([one, null, other, null]);
        var pair = SuperblockCopies.Read([one, Samples.Encode(Newest, 9, 1), other, null]);
        var pairs = SuperblockCopies.Read(
            [one, Samples.Encode(Newest, 9, 1), other, Samples.Encode(Older, 9, 3)]);

        Assert.StartsWith("Superblocks of the sequence 9 differ: superblock 0 is valid", single.Fault);
        Assert.Equal(Newest, pair.Superblock);
        Assert.Equal(SuperblockOutcome.Damaged, pairs.Outcome);
    }

    [Fact]
    public void A_damaged_superblock_says_what_is_wrong_with_each_copy()
    {
        var reading = SuperblockCopies.Read(
            [null, new byte[4096], Samples.Encode(Newest, 9, 3), Block(Kind.Rotten, 3)]);

        Assert.Equal(
            "Fewer than two superblocks are valid: superblock 0 cannot be read; superblock 1 is no superblock; "
            + "superblock 2 is copy 3, in the place of copy 2; superblock 3 has a wrong checksum.",
            reading.Fault);
    }

    [Fact]
    public void A_copy_of_a_newer_program_refuses_the_superblock_even_beside_a_pair()
    {
        var newer = Samples.Encode(Newest, 3, 1);
        newer[8] = 2;
        SuperblockCodec.Seal(newer);

        var reading = SuperblockCopies.Read(
            [Block(Kind.Newest, 0), newer, Block(Kind.Newest, 2), Block(Kind.Newest, 3)]);

        Assert.Equal(SuperblockOutcome.Newer, reading.Outcome);
        Assert.Null(reading.Superblock);
        Assert.Equal(
            "Superblock 1 has format version 2, which is newer than this program's 1; use a newer dmio.",
            reading.Fault);
    }

    [Fact]
    public void The_next_sequence_exceeds_that_of_every_copy_of_any_leg()
    {
        var opened = SuperblockCopies.Read(
            [Block(Kind.Newest, 0), Block(Kind.Newest, 1), Block(Kind.Foreign, 2), null]);
        var copies = new SuperblockCopies(opened);

        Assert.Equal(51UL, copies.Begin(Newest).Sequence);
    }

    [Fact]
    public void A_new_superblock_exceeds_the_sequence_of_the_one_that_it_replaces()
    {
        var found = SuperblockCopies.Read([null, Block(Kind.Older, 1), null, null]);

        Assert.Equal(9UL, SuperblockCopies.Create(found).Begin(Newest).Sequence);
        var blank = SuperblockCopies.Read([new byte[4096], null, new byte[4096], null]);
        Assert.Equal(1UL, SuperblockCopies.Create(blank).Begin(Newest).Sequence);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("0", true)]
    [InlineData("3", true)]
    [InlineData("02", false)]
    [InlineData("13", false)]
    [InlineData("0123", false)]
    public void An_update_is_durable_on_three_copies(string failed, bool isDurable)
    {
        var copies = SuperblockCopies.Create(SuperblockCopies.Read([null, null, null, null]));
        var update = copies.Begin(Newest);
        while (update.Next is { } copy)
        {
            Assert.False(copies.IsDurable);
            update.Complete(isDurable: !failed.Contains((char)('0' + copy)));
        }

        Assert.Equal(!isDurable, update.IsFailed);
        Assert.Equal(isDurable, copies.End(update));
        Assert.Equal(isDurable, copies.IsDurable);
        Assert.Null(copies.Pending);
    }

    [Fact]
    public void Invalid_copies_are_written_first_and_copies_of_the_present_state_last()
    {
        var opened = SuperblockCopies.Read(
            [Block(Kind.Newest, 0), Block(Kind.Older, 1), Block(Kind.Newest, 2), Block(Kind.Rotten, 3)]);
        var update = new SuperblockCopies(opened).Begin(Newest);
        var order = new List<int>();
        for (; update.Next is { } copy; update.Complete(isDurable: true))
        {
            order.Add(copy);
        }

        Assert.Equal([3, 1, 0, 2], order);
    }

    [Fact]
    public void A_second_update_before_the_end_of_the_first_is_a_bug()
    {
        var copies = SuperblockCopies.Create(SuperblockCopies.Read([null, null, null, null]));
        var update = copies.Begin(Newest);

        Assert.Throws<InvariantViolationException>(() => copies.Begin(Older));
        Assert.Throws<InvariantViolationException>(() => copies.End(update));
    }

    private static (Superblock? Superblock, ulong Sequence) Expect(Kind[] kinds)
    {
        var newest = kinds.Count(kind => kind == Kind.Newest);
        var older = kinds.Count(kind => kind == Kind.Older);
        var foreign = kinds.Count(kind => kind == Kind.Foreign);
        return (newest, older, foreign) switch
        {
            (0, 0, >= 2) or (0, 1, >= 2) or (1, 0, >= 2) => (Foreign, 50),
            (_, _, >= 2) => (null, 0),
            ( >= 2, _, _) or (1, 1, _) => (Newest, 9),
            (_, >= 2, _) => (Older, 8),
            _ => (null, 0),
        };
    }

    private static ulong SequenceOf(Kind kind) => kind switch
    {
        Kind.Newest => 9,
        Kind.Older => 8,
        Kind.Foreign => 50,
        _ => 0,
    };

    private static byte[]? Block(Kind kind, int copy)
    {
        var block = kind switch
        {
            Kind.Older => Samples.Encode(Older, 8, copy),
            Kind.Foreign => Samples.Encode(Foreign, 50, copy),
            _ => Samples.Encode(Newest, 9, copy),
        };
        if (kind == Kind.Torn)
        {
            Samples.Encode(Older, 8, copy).AsSpan(512).CopyTo(block.AsSpan(512));
        }
        else if (kind == Kind.Rotten)
        {
            block[1234] ^= 1;
        }

        return kind == Kind.Missing ? null : block;
    }
}
