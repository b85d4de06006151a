using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Record;

/// <summary>
/// A power failure at each write and at each flush of an update of the four copies. A copy whose write was not flushed
/// has any subset of its new sectors of 512 bytes.
/// </summary>
public sealed class SuperblockCrashTests
{
    private const int Sectors = 8;

    private static readonly Superblock Old = Samples.Superblock with { Generation = 1, Promised = Epoch.None };
    private static readonly Superblock New = Old with { Generation = 2, Promised = new(2, Samples.Id(2)) };

    /// <summary>Only sectors 0 and 1 of a superblock ever change.</summary>
    private static readonly int[] Tears = [0, 1, 2, 3, 0xfd];

    private static readonly byte[]?[] Settled =
        [.. Enumerable.Range(0, 4).Select(copy => Samples.Encode(Old, 5, copy))];

    /// <summary>The states in which the last update can have left the copies: one of them may have failed.</summary>
    private static IEnumerable<byte[]?[]> Starts
    {
        get
        {
            yield return Settled;
            for (var failed = 0; failed < 4; failed++)
            {
                yield return With(Settled, failed, Samples.Encode(Old with { Generation = 0 }, 4, failed));
            }
        }
    }

    [Fact]
    public void A_crash_leaves_the_old_or_the_new_superblock_whichever_copy_is_rotten()
    {
        var count = 0;
        foreach (var crash in CrashesDuring(Settled, New, Enumerable.Range(0, 1 << Sectors)))
        {
            foreach (var blocks in WithRotten(crash.Blocks, 1))
            {
                RequireOldOrNew(blocks, crash.IsAcknowledged);
                count++;
            }
        }

        Assert.Equal(4 * (256 + 1) * 5, count);
    }

    [Fact]
    public void A_crash_leaves_the_old_or_the_new_superblock_if_the_last_update_failed_on_a_copy()
    {
        foreach (var crash in Starts.SelectMany(start => CrashesDuring(start, New, Tears)))
        {
            RequireOldOrNew(crash.Blocks, crash.IsAcknowledged);
        }
    }

    [Fact]
    public void Crashes_during_the_update_and_again_after_opening_leave_the_old_or_the_new_superblock()
    {
        foreach (var crash in CrashesDuring(Settled, New, Tears))
        {
            foreach (var rotten in WithRotten(crash.Blocks, 1))
            {
                var opened = RequireOldOrNew(rotten, crash.IsAcknowledged);
                foreach (var second in CrashesDuring(rotten, opened, Tears))
                {
                    var found = RequireOldOrNew(second.Blocks, crash.IsAcknowledged);
                    Assert.True(!second.IsAcknowledged || found == opened);
                }
            }
        }
    }

    [Fact]
    public void Two_rotten_copies_never_bring_back_what_an_acknowledged_update_replaced()
    {
        var damaged = 0;
        foreach (var crash in Starts.SelectMany(start => CrashesDuring(start, New, Tears)))
        {
            foreach (var blocks in WithRotten(crash.Blocks, 2).Where(_ => crash.IsAcknowledged))
            {
                var reading = SuperblockCopies.Read(blocks);
                damaged += reading.Outcome == SuperblockOutcome.Damaged ? 1 : 0;
                Assert.True(reading.Superblock is null || reading.Superblock == New);
            }
        }

        Assert.NotEqual(0, damaged);
    }

    /// <summary>An update that failed on two copies is not acknowledged, and does not weaken the next one.</summary>
    [Fact]
    public void An_update_after_one_that_failed_on_two_copies_survives_a_crash()
    {
        for (var failed = 0; failed < 16; failed++)
        {
            var (blocks, copies) = Open(Settled);
            var update = copies.Begin(New);
            for (; update.Next is { } copy; update.Complete((failed & (1 << copy)) == 0))
            {
                if ((failed & (1 << copy)) == 0)
                {
                    blocks[copy] = Samples.Encode(New, update.Sequence, copy);
                }
            }

            var isDurable = copies.End(update);
            Assert.Equal(int.PopCount(failed) <= 1, isDurable);
            foreach (var crash in CrashesDuring(blocks, New, Tears, copies.Begin(New)))
            {
                RequireOldOrNew(crash.Blocks, isDurable || crash.IsAcknowledged);
            }
        }
    }

    /// <summary>A device that fails every write, each with an unknown effect, does not destroy the superblock: an
    /// update ends at its second failure, and the next one begins with the copies that are bad already.</summary>
    [Fact]
    public void Updates_that_fail_leave_two_good_copies()
    {
        var (blocks, copies) = Open(Settled);
        for (var update = copies.Begin(New); update.Sequence < 20; update = copies.Begin(New))
        {
            for (; update.Next is { } copy; update.Complete(isDurable: false))
            {
                blocks[copy] = Rot(blocks[copy]);
            }

            Assert.True(update.IsFailed);
            Assert.False(copies.End(update));
            RequireOldOrNew(blocks, isAcknowledged: false);
        }
    }

    [Fact]
    public void VR10_A_superblock_that_was_opened_is_lost_to_one_rotten_copy_unless_it_was_written_again()
    {
        var (blocks, copies) = Open(Settled);
        var update = copies.Begin(New);
        foreach (var copy in (int[])[0, 2])
        {
            Assert.Equal(copy, update.Next);
            blocks[copy] = Samples.Encode(New, update.Sequence, copy);
            update.Complete(isDurable: true);
        }

        Assert.Equal(New, SuperblockCopies.Read(blocks).Superblock);
        Assert.Contains(WithRotten(blocks, 1), rotten => SuperblockCopies.Read(rotten).Superblock == Old);

        var (again, reopened) = Open(blocks);
        Assert.False(reopened.IsDurable);
        var rewrite = reopened.Begin(New);
        for (; !rewrite.IsDurable; rewrite.Complete(isDurable: true))
        {
            again[rewrite.Next!.Value] = Samples.Encode(New, rewrite.Sequence, rewrite.Next.Value);
        }

        Assert.All(WithRotten(again, 1), rotten => Assert.Equal(New, SuperblockCopies.Read(rotten).Superblock));
    }

    private static Superblock RequireOldOrNew(byte[]?[] blocks, bool isAcknowledged)
    {
        var reading = SuperblockCopies.Read(blocks);
        Assert.True(reading.Outcome == SuperblockOutcome.Open, reading.Fault);
        Assert.True(reading.Superblock == New || (reading.Superblock == Old && !isAcknowledged), reading.ToString());
        return reading.Superblock!;
    }

    private static (byte[]?[] Blocks, SuperblockCopies Copies) Open(byte[]?[] blocks) =>
        ([.. blocks], new SuperblockCopies(SuperblockCopies.Read(blocks)));

    /// <summary>The states at each point of an update: before each write with any tear of it, and after each.</summary>
    private static IEnumerable<(byte[]?[] Blocks, bool IsAcknowledged)> CrashesDuring(
        byte[]?[] start, Superblock superblock, IEnumerable<int> tears, SuperblockUpdate? update = null)
    {
        var blocks = start;
        update ??= Open(start).Copies.Begin(superblock);
        while (update.Next is { } copy)
        {
            var block = new byte[LegGeometry.BlockBytes];
            update.Encode(block);
            foreach (var tear in tears)
            {
                yield return (With(blocks, copy, Tear(blocks[copy], block, tear)), update.IsDurable);
            }

            blocks = With(blocks, copy, block);
            update.Complete(isDurable: true);
            yield return (blocks, update.IsDurable);
        }
    }

    /// <summary>The blocks with up to a number of copies rotten.</summary>
    private static IEnumerable<byte[]?[]> WithRotten(byte[]?[] blocks, int limit)
    {
        for (var rotten = 0; rotten < 16; rotten++)
        {
            if (int.PopCount(rotten) <= limit)
            {
                yield return [.. blocks.Select((block, copy) => (rotten & (1 << copy)) != 0 ? Rot(block) : block)];
            }
        }
    }

    private static byte[]?[] With(byte[]?[] blocks, int copy, byte[]? block) =>
        [.. blocks.Select((present, index) => index == copy ? block : present)];

    private static byte[]? Rot(byte[]? block)
    {
        byte[]? rotten = block is null ? null : [.. block];
        rotten?[700] ^= 4;
        return rotten;
    }

    private static byte[] Tear(byte[]? before, byte[] after, int sectors)
    {
        byte[] torn = before is null ? new byte[LegGeometry.BlockBytes] : [.. before];
        for (var sector = 0; sector < Sectors; sector++)
        {
            if ((sectors & (1 << sector)) != 0)
            {
                after.AsSpan(sector * 512, 512).CopyTo(torn.AsSpan(sector * 512));
            }
        }

        return torn;
    }
}
