using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Crashes;
using Xunit;

namespace DmIo.TestKit.Tests.Journals;

/// <summary>The journal of src/DmIo.TestKit/README.md: the kit accepts the correct journal, and finds the bugs of the
/// others.</summary>
public sealed class JournalTests : IAsyncLifetime
{
    private readonly RunningService running = new();
    private IoClient client = null!;

    public async Task InitializeAsync() => client = await running.Service.OpenAsync(pages: 16);

    public async Task DisposeAsync() => await running.DisposeAsync();

    [Fact]
    public async Task Committed_records_survive_any_crash()
    {
        var service = running.Service;

        var log = new WriteLog();
        await service.AttachAsync("disk", log.Record("disk", new MemoryDevice(ByteSize.FromKiB(32))));
        var journal = await Journal.OpenAsync(client, "disk");
        foreach (var record in (string[])["one", "two", "three"])
        {
            await journal.CommitAsync(record);
            log.Mark(record);
        }

        CrashReport report = await new WriteLogReplayer(log).CheckAsync(async crash =>
        {
            await service.AttachAsync("crashed", crash.Open());
            try
            {
                var recovered = await Journal.OpenAsync(client, "crashed");
                Assert.Equal(crash.Marks, recovered.Records.Take(crash.Marks.Count));
            }
            finally
            {
                await service.DetachAsync("crashed");
            }
        });
        Assert.True(report.IsOk, report.ToString());

        Assert.True(report.IsExhaustive, report.ToString());
    }

    [Fact]
    public async Task A_journal_without_a_flush_of_the_record_loses_it()
    {
        var report = await CheckAsync(await RunAsync(MissingFlushJournal.OpenAsync));
        string[] expected =
        [
            "A crash breaks the invariant: record 1 is missing",
            "Found as number 2 of all 52, then shrunk.",
            "Crash after 3 of 21 events, nothing marked.",
            "  lost: write 1 of disk: sectors 1+3",
            "  present: all other uncertain writes (1)",
            "  The events before it:",
            "      0  issued write 1 of disk: sectors 1+3",
            "      1  done   write 1 of disk: sectors 1+3",
            "      2  issued write 2 of disk: sectors 0+1",
            "",
        ];
        Assert.Equal(expected, report.ToString().Split(Environment.NewLine));
    }

    [Fact]
    public async Task A_header_before_its_record_is_detected()
    {
        var report = await CheckAsync(await RunAsync(EagerJournal.OpenAsync));
        Assert.Equal("record 1 is missing", report.Exception?.Message);
    }

    [Fact]
    public async Task A_recovered_journal_can_continue_and_crash_again()
    {
        var first = new WriteLogReplayer(await RunAsync(Journal.OpenAsync));
        foreach (var crash in first.AllCrashes().Where((_, index) => index % 7 == 0))
        {
            var log = new WriteLog();
            await running.Service.AttachAsync("disk", log.Record("disk", crash.Open()));
            var journal = await Journal.OpenAsync(client, "disk");
            var before = journal.Records.ToList();
            await journal.CommitAsync("more");
            log.Mark("more");
            await running.Service.DetachAsync("disk");

            var report = await CheckAsync(log, before);
            Assert.True(report.IsOk, $"{crash}{report}");
        }
    }

    /// <summary>The log of three commits.</summary>
    private async Task<WriteLog> RunAsync(Func<IoClient, string, Task<Journal>> openAsync)
    {
        var log = new WriteLog();
        await running.Service.AttachAsync("disk", log.Record("disk", new MemoryDevice(ByteSize.FromKiB(32))));
        var journal = await openAsync(client, "disk");
        foreach (var record in (string[])["one", "two", "three"])
        {
            await journal.CommitAsync(record);
            log.Mark(record);
        }

        await running.Service.DetachAsync("disk");
        return log;
    }

    private Task<CrashReport> CheckAsync(WriteLog log, IReadOnlyList<string>? before = null) =>
        new WriteLogReplayer(log).CheckAsync(async crash =>
        {
            await running.Service.AttachAsync("crashed", crash.Open());
            try
            {
                var recovered = await Journal.OpenAsync(client, "crashed");
                List<string> promised = [.. before ?? [], .. crash.Marks];
                Assert.Equal(promised, recovered.Records.Take(promised.Count));
            }
            finally
            {
                await running.Service.DetachAsync("crashed");
            }
        });
}
