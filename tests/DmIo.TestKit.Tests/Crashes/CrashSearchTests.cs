using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Crashes;
using Xunit;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>
/// The search with an application whose transactions (a, b, c ...) write data to the next sector and then a commit to
/// sector 0. Its invariant: if a commit exists, the data of all transactions up to it exists.
/// </summary>
public sealed class CrashSearchTests
{
    private const int Seed = 4711;

    private readonly WriteLog log = new();

    [Fact]
    public async Task An_application_that_flushes_between_writes_passes_all_crashes()
    {
        await CommitAsync('a');
        var report = await new WriteLogReplayer(log).CheckAsync(CommitHasDataAsync);
        Assert.Equal("The invariant holds after all 6 crashes.", report.ToString());
    }

    [Fact]
    public async Task A_missing_flush_is_found_and_described()
    {
        await CommitAsync('a', flushesBetween: false);
        var report = await new WriteLogReplayer(log).CheckAsync(CommitHasDataAsync);
        string[] expected =
        [
            "A crash breaks the invariant: a commit without data",
            "Found as number 2 of all 6, then shrunk.",
            "Crash after 3 of 7 events, nothing marked.",
            "  lost: write 1 of disk: sectors 1+1",
            "  present: all other uncertain writes (1)",
            "  The events before it:",
            "      0  issued write 1 of disk: sectors 1+1",
            "      1  done   write 1 of disk: sectors 1+1",
            "      2  issued write 2 of disk: sectors 0+1",
            "",
        ];
        Assert.Equal(string.Join(Environment.NewLine, expected), report.ToString());
    }

    [Fact]
    public async Task A_search_beyond_its_limit_is_sampled_from_a_reproducible_seed()
    {
        for (var transaction = 'a'; transaction <= 'z'; transaction++)
        {
            await CommitAsync(transaction, flushesBetween: transaction < 's');
        }

        var search = new CrashSearchOptions { Seed = Seed, Limit = 100 };
        var replayer = new WriteLogReplayer(log);
        var report = await replayer.CheckAsync(CommitHasDataAsync, search);

        Assert.False(report.IsExhaustive || report.IsOk, report.ToString());
        var again = replayer.RandomCrash(new Random(report.FailingSeed!.Value));
        await Assert.ThrowsAsync<InvalidDataException>(() => CommitHasDataAsync(again));
    }

    [Fact]
    public async Task A_found_crash_is_as_small_as_in_a_short_log()
    {
        for (var transaction = 'a'; transaction <= 'z'; transaction++)
        {
            await CommitAsync(transaction, flushesBetween: transaction != 'k', flushesAfter: transaction > 'w');
        }

        var report = await new WriteLogReplayer(log).CheckAsync(CommitHasDataAsync);

        Assert.False(report.IsOk, report.ToString());
        Assert.Equal("write 31 of disk: sectors 11+1", $"{Assert.Single(report.Crash!.Damaged).Operation}");
        Assert.Equal('j', report.Crash.Marks[^1][0]);
    }

    [Fact]
    public async Task Torn_data_is_found_only_if_the_store_may_tear()
    {
        var disk = log.Record("disk", new MemoryDevice(ByteSize.FromSectors(4)));
        await disk.PutAsync(0, "aa");
        await disk.FlushAsync();
        var replayer = new WriteLogReplayer(log);
        static async Task IsWholeAsync(Crash crash) => Assert.Contains(
            (await crash.Open().TextAsync())[..2], (string[])["aa", ".."]);

        Assert.True((await replayer.CheckAsync(IsWholeAsync, new CrashSearchOptions { TornWrites = false })).IsOk);
        var torn = await replayer.CheckAsync(IsWholeAsync);
        Assert.Contains(
            "torn, only sectors 0+1 of it are present: write 1 of disk", torn.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_of_an_empty_log_tries_the_blank_device()
    {
        log.Record("disk", new MemoryDevice(ByteSize.FromSectors(4)));
        var report = await new WriteLogReplayer(log).CheckAsync(
            async crash => Assert.Equal("....", await crash.Open().TextAsync()));
        Assert.Equal((true, 1), (report.IsOk, report.Tried));
    }

    private async Task CommitAsync(char transaction, bool flushesBetween = true, bool flushesAfter = true)
    {
        var disk = log.Devices.Count > 0
            ? log.Devices[0]
            : log.Record("disk", new MemoryDevice(ByteSize.FromSectors(32)));
        await disk.PutAsync(transaction - 'a' + 1, $"{transaction}");
        if (flushesBetween)
        {
            await disk.FlushAsync();
        }

        await disk.PutAsync(0, $"{transaction}");
        if (flushesAfter)
        {
            await disk.FlushAsync();
        }

        log.Mark($"{transaction} committed");
    }

    private static async Task CommitHasDataAsync(Crash crash)
    {
        var text = await crash.Open().TextAsync();
        for (var transaction = 'a'; transaction <= text[0]; transaction++)
        {
            if (text[transaction - 'a' + 1] != transaction)
            {
                throw new InvalidDataException("a commit without data");
            }
        }
    }
}
