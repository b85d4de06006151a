using System.Text.Json;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Top;
using Xunit;

namespace DmIo.Cli.Tests.Top;

/// <summary>The snapshots that <c>dmio top</c> shows.</summary>
public sealed class TopScreenTests
{
    private static readonly string[] BusiestFirst = ["disk2", "disk1", "disk0", "lease 2", "lease 1", "lease 0"];

    [Fact]
    public async Task In_a_pipe_every_snapshot_is_printed_completely()
    {
        using var streams = new TestStreams();

        var exitCode = await new TopScreen(streams, isJson: false)
            .RunAsync(new FakeTopSource(Snapshot(devices: 3, leases: 2), Snapshot(devices: 1, leases: 1)));

        var text = streams.OutputText.ToString();
        Assert.Equal(ExitCode.Ok, exitCode);
        Assert.Equal(4, Occurrences(text, "disk"));
        Assert.Equal(3, Occurrences(text, "lease "));
        Assert.Contains("12 us", text);
        Assert.Contains("3.5 ms", text);
        Assert.Contains("1.5 s", text);
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public async Task With_json_each_snapshot_is_one_object_on_one_line()
    {
        using var streams = new TestStreams();

        await new TopScreen(streams, isJson: true)
            .RunAsync(new FakeTopSource(Snapshot(devices: 2, leases: 1), Snapshot(devices: 2, leases: 1)));

        var lines = streams.OutputText.ToString().TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        var device = JsonDocument.Parse(lines[1]).RootElement.GetProperty("devices")[0];
        Assert.Equal("disk0", device.GetProperty("name").GetString());
        Assert.Equal(12, device.GetProperty("p50Microseconds").GetDouble());
    }

    [Fact]
    public async Task The_busiest_rows_come_first()
    {
        using var streams = new TestStreams();

        await new TopScreen(streams, isJson: false).RunAsync(new FakeTopSource(Snapshot(devices: 3, leases: 3)));

        var text = streams.OutputText.ToString();
        int[] places = [.. BusiestFirst.Select(name => text.IndexOf(name, StringComparison.Ordinal))];
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task R23_a_lease_with_less_credit_shows_its_credit()
    {
        using var streams = new TestStreams();
        var snapshot = Snapshot(devices: 1, leases: 1);
        snapshot = snapshot with { Leases = [snapshot.Leases[0] with { Credit = 3 }] };

        await new TopScreen(streams, isJson: false).RunAsync(new FakeTopSource(snapshot));

        Assert.Contains("3/64", streams.OutputText.ToString());
    }

    [Fact]
    public async Task On_a_terminal_it_is_drawn_in_place_and_rows_that_do_not_fit_are_counted()
    {
        using var streams = new TestStreams { IsOutputRedirected = false };

        await new TopScreen(streams, isJson: false).RunAsync(new FakeTopSource(Snapshot(devices: 100, leases: 100)));

        var text = streams.OutputText.ToString();
        Assert.Contains("device(s) more", text);
        Assert.Contains("lease(s) more", text);
        Assert.Contains('\e', text);
    }

    [Fact]
    public async Task An_interrupt_ends_it_without_a_failure()
    {
        using var streams = new TestStreams();
        var source = new FakeTopSource(Snapshot(1, 1)) { IsEndless = true, Exhausted = streams.Interrupt };

        Assert.Equal(ExitCode.Ok, await new TopScreen(streams, isJson: false).RunAsync(source));
    }

    [Fact]
    public async Task The_key_q_of_a_terminal_ends_it()
    {
        using var streams = new TestStreams { IsOutputRedirected = false };
        streams.Keys.Enqueue('x');
        streams.Keys.Enqueue('q');

        var running = new TopScreen(streams, isJson: false)
            .RunAsync(new FakeTopSource(Snapshot(1, 1)) { IsEndless = true });

        Assert.Equal(ExitCode.Ok, await running.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void On_a_terminal_each_row_is_one_line_and_no_header_or_number_is_cut(int width)
    {
        using var text = new StringWriter();
        var console = ReportConsole.NewConsole(text, isTerminal: false);
        console.Profile.Width = width;
        var device = Snapshot(1, 0).Devices[0] with
        {
            Name = new string('n', 100),
            ReadsPerSecond = 99_999,
            WritesPerSecond = 1_234_567,
            ReadBytesPerSecond = 12.3e9,
            WrittenBytesPerSecond = 999e6,
            P50Microseconds = 99_400,
            P99Microseconds = 999,
            OldestSeconds = 3723,
            InFlight = 256,
            Waiting = 10_000,
        };

        console.Write(TopTables.Draw(Snapshot(0, 0) with { Devices = [device] }, width, 24));

        var lines = text.ToString().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, width));
        foreach (var word in "Device Flight Wait r/s w/s Read Written p50 p99 Oldest".Split(' '))
        {
            Assert.Contains(word, lines[0]);
        }

        foreach (var value in (string[])["nn…", "256", "10000", "99999", "1.2M", "11.5G", "953M", "1:02:03", "99.4 ms",
            "999 us"])
        {
            Assert.Contains(value, lines[1]);
        }
    }

    [Fact]
    public async Task It_ends_after_the_given_number_of_snapshots()
    {
        using var streams = new TestStreams();
        var source = new FakeTopSource(Snapshot(1, 0), Snapshot(1, 0), Snapshot(1, 0));

        await new TopScreen(streams, isJson: true).RunAsync(source, snapshots: 2);

        Assert.Equal(2, streams.OutputText.ToString().TrimEnd().Split('\n').Length);
    }

    private static TopSnapshot Snapshot(int devices, int leases) => new()
    {
        Devices = [.. Enumerable.Range(0, devices).Select(index => new TopDevice
        {
            Name = $"disk{index}",
            Mode = "ring",
            Policy = "fair",
            Depth = 32,
            InFlight = index,
            Waiting = 0,
            OperationsPerSecond = 1000 * index,
            ReadBytesPerSecond = 4096 * index,
            WrittenBytesPerSecond = 0,
            P50Microseconds = 12,
            P99Microseconds = 3456,
            OldestSeconds = index == 0 ? 1.5 : null,
        })],
        Leases = [.. Enumerable.Range(0, leases).Select(index => new TopLease
        {
            Id = $"lease {index}",
            Pages = 64,
            Credit = 64,
            InFlight = index,
            Waiting = 0,
            OperationsPerSecond = index,
        })],
    };

    private static int Occurrences(string text, string word) => text.Split(word).Length - 1;
}
