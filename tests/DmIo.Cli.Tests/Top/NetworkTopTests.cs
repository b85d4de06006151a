using System.Text.Json;
using DmIo.Actors.Telemetry;
using DmIo.Cli.Reports;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Top;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Cli.Tests.Top;

/// <summary>The network servers in <c>dmio top</c>.</summary>
public sealed class NetworkTopTests
{
    private static readonly NbdExport Disk = new() { Name = "disk", Device = "a", Pages = 256 };

    [Fact]
    public void Rates_are_those_between_two_statistics()
    {
        var snapshot = TopRates.Between(
            Statistics(10, Export(requests: 100), Connection(7, requests: 100)),
            Statistics(12, Export(requests: 500), Connection(7, requests: 300), Connection(8, requests: 40)));

        var export = Assert.Single(snapshot.Exports);
        Assert.Equal(("disk", 200, 200 * 4096), (export.Name, export.RequestsPerSecond, export.ReadBytesPerSecond));
        Assert.Equal([(7, 100), (8, 20)], snapshot.Connections.Select(one => (one.Id, one.RequestsPerSecond)));
    }

    [Fact]
    public void An_export_that_was_added_again_starts_from_zero()
    {
        var snapshot = TopRates.Between(Statistics(10, Export(requests: 100)), Statistics(11, Export(requests: 7)));

        Assert.Equal(7, snapshot.Exports[0].RequestsPerSecond);
    }

    [Fact]
    public async Task Exports_and_connections_have_separate_tables()
    {
        var text = await ShowAsync(TopRates.Between(
            Statistics(10, Export(requests: 0), Connection(7, requests: 0)),
            Statistics(11, Export(requests: 10), Connection(7, requests: 10))));

        Assert.Contains("'disk'", text);
        Assert.Contains("nbd-7", text);
        Assert.Contains("10.0.0.7:1234", text);
    }

    [Fact]
    public async Task Without_a_server_there_is_no_table_of_exports() =>
        Assert.DoesNotContain("Export", await ShowAsync(TopRates.Between(Statistics(10), Statistics(11))));

    [Fact]
    public async Task On_a_terminal_rows_that_do_not_fit_are_counted()
    {
        NbdConnectionStatus[] many = [.. Enumerable.Range(1, 200).Select(id => Connection(id, requests: id))];

        var text = await ShowAsync(
            TopRates.Between(Statistics(10), Statistics(11, Export(requests: 1), many)), isTerminal: true);

        Assert.Contains("connection(s) more", text);
        Assert.DoesNotContain("export(s) more", text);
    }

    private static async Task<string> ShowAsync(TopSnapshot snapshot, bool isTerminal = false)
    {
        using var streams = new TestStreams { IsOutputRedirected = !isTerminal };
        await new TopScreen(streams, isJson: false).RunAsync(new FakeTopSource(snapshot));
        return streams.OutputText.ToString();
    }

    private static NbdExportStatus Export(long requests) => new(
        Disk,
        Size: ByteSize.FromMiB(1),
        Connections: 1,
        PagesInUse: 16,
        InFlight: 2,
        requests,
        Errors: 0,
        ReadBytes: requests * 4096,
        WrittenBytes: 0);

    private static NbdConnectionStatus Connection(long id, long requests) => new(
        id, $"10.0.0.{id}:1234", "disk", IsTls: true, InFlight: 1, requests, Errors: 0, requests * 4096, 0);

    /// <summary>Statistics like those of the monitor socket.</summary>
    private static ServiceStatistics Statistics(
        double seconds, NbdExportStatus? export = null, params NbdConnectionStatus[] connections)
    {
        var sections = new Dictionary<string, IReadOnlyList<JsonElement>>();
        if (export is not null)
        {
            sections[NbdServerStatus.Section] = [new NbdServerStatus([export], connections).ToJson()];
        }

        return new ServiceStatistics
        {
            ClockSeconds = seconds,
            Devices = [],
            Leases = [],
            Pool = new PoolStatistics(0, 0, 0, 0, 0),
            Messages = new MessageStatistics(0, 0, 0, 0),
            Sections = sections,
        };
    }
}
