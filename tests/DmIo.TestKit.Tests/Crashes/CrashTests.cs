using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.TestKit.Crashes;
using Xunit;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>The states that a crash can leave, rule by rule, on devices of a few sectors.</summary>
public sealed class CrashTests
{
    private readonly WriteLog log = new();

    [Fact]
    public async Task Flushed_data_survives_and_other_data_may_survive()
    {
        var disk = Recorded(4);
        await disk.PutAsync(0, "a");
        await disk.FlushAsync();
        await disk.PutAsync(1, "b");
        Assert.Equal(["a...", "ab.."], await TextsAsync());
    }

    /// <summary>The example in the documentation of dm-log-writes.</summary>
    [Fact]
    public async Task A_flush_covers_writes_completed_before_it_was_issued()
    {
        var manual = new ManualDevice(4);
        var disk = log.Record("disk", manual);
        Task[] calls = [disk.PutAsync(1, "1"), disk.PutAsync(2, "2"), disk.PutAsync(3, "3")];
        manual.End(2, TransferResult.Moved(Sector.SizeBytes));
        manual.End(1, TransferResult.Moved(Sector.SizeBytes));
        await Task.WhenAll(calls[1..]);
        var flush = disk.FlushAsync().AsTask();
        manual.End(0, TransferResult.Moved(Sector.SizeBytes));
        await calls[0];
        manual.End(0, TransferResult.Moved(0));
        await flush;

        Assert.Equal(["..23", ".123"], await TextsAsync());
    }

    [Fact]
    public async Task A_completed_durable_write_survives_and_covers_nothing_else()
    {
        var disk = Recorded(2);
        await disk.PutAsync(0, "a");
        await disk.PutAsync(1, "b", forceUnitAccess: true);
        Assert.Equal([".b", "ab"], await TextsAsync());
    }

    [Fact]
    public async Task A_write_is_torn_between_blocks()
    {
        await Recorded(3).PutAsync(0, "abc");
        Assert.Equal(["...", "..c", ".b.", ".bc", "a..", "a.c", "ab.", "abc"], await TextsAsync());
    }

    [Fact]
    public async Task A_write_is_not_torn_within_a_block_of_the_device()
    {
        var large = new LimitedDevice(
            new MemoryDevice(ByteSize.FromSectors(16)),
                description => description with { BlockSize = ByteSize.FromBytes(8 * Sector.SizeBytes) });
        await log.Record("disk", large).PutAsync(0, "aaaaaaaabbbbbbbb");
        Assert.Equal(
            ["................", "........bbbbbbbb", "aaaaaaaa........", "aaaaaaaabbbbbbbb"], await TextsAsync());
    }

    [Fact]
    public async Task Without_torn_writes_a_write_survives_as_a_whole_or_not()
    {
        await Recorded(3).PutAsync(0, "abc");
        Assert.Equal(["...", "abc"], await TextsAsync(tornWrites: false));
    }

    [Fact]
    public async Task A_discard_may_be_undone_even_if_flushed()
    {
        var disk = Recorded(2);
        await disk.PutAsync(0, "a", forceUnitAccess: true);
        await disk.DiscardAsync(0, 1);
        await disk.FlushAsync();
        Assert.Equal(["..", "a."], await TextsAsync());
    }

    [Fact]
    public async Task Either_of_two_writes_to_a_sector_may_survive()
    {
        var disk = Recorded(1);
        await disk.PutAsync(0, "a");
        await disk.PutAsync(0, "b");
        Assert.Equal([".", "a", "b"], await TextsAsync());
    }

    [Fact]
    public async Task A_power_failure_hits_all_devices_at_the_same_moment()
    {
        var (left, right) = (Recorded(1, "left"), Recorded(1, "right"));
        await left.PutAsync(0, "a", forceUnitAccess: true);
        await right.PutAsync(0, "b", forceUnitAccess: true);

        var crashes = new WriteLogReplayer(log).AllCrashes().ToList();
        var texts = await Task.WhenAll(crashes.Select(async crash =>
            await crash.Open("left").TextAsync() + await crash.Open("right").TextAsync()));
        Assert.Equal(["..", "a.", "ab"], texts.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_state_after_a_crash_can_be_recorded_and_crash_again()
    {
        var disk = Recorded(2);
        await disk.PutAsync(0, "a", forceUnitAccess: true);
        var crash = new WriteLogReplayer(log).WorstCrashAt(log.Length);
        var recovery = new WriteLog();
        await recovery.Record("disk", crash.Open()).PutAsync(1, "r");

        var texts = await Task.WhenAll(
            new WriteLogReplayer(recovery).AllCrashes().Select(again => again.Open().TextAsync()));
        Assert.Equal(["a.", "ar"], texts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_crash_has_the_marks_before_it()
    {
        var disk = Recorded(1);
        await disk.PutAsync(0, "a");
        log.Mark("one");
        log.Mark("two");
        Assert.Equal(["one"], new WriteLogReplayer(log).WorstCrashAt(3).Marks);
    }

    [Fact]
    public async Task The_replayer_uses_a_snapshot_of_the_log()
    {
        var disk = Recorded(1);
        var replayer = new WriteLogReplayer(log);
        await disk.PutAsync(0, "a", forceUnitAccess: true);
        Assert.Equal(".", await Assert.Single(replayer.AllCrashes()).Open().TextAsync());
    }

    [Fact]
    public async Task A_crash_after_the_end_of_the_log_is_refused()
    {
        await Recorded(1).FlushAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => new WriteLogReplayer(log).CrashesAt(3));
    }

    private WriteLogDevice Recorded(int sectors, string name = "disk") => log.Record(
        name,
        new LimitedDevice(new MemoryDevice(ByteSize.FromSectors(sectors)),
            description => description with { HasForceUnitAccess = true }));

    /// <summary>The possible contents of the device after a crash at the end of the log.</summary>
    private async Task<IEnumerable<string>> TextsAsync(bool tornWrites = true)
    {
        var crashes = new WriteLogReplayer(log).CrashesAt(log.Length, tornWrites);
        var texts = await Task.WhenAll(crashes.Select(crash => crash.Open().TextAsync()));
        return texts.Distinct().Order(StringComparer.Ordinal);
    }
}
