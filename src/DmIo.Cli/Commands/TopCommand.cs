using System.CommandLine;
using System.CommandLine.Parsing;
using DmIo.Actors.Configuration;

namespace DmIo.Cli;

/// <summary><c>dmio top</c>: what a running service does.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private const string Description = "Show what a running service does: devices, leases, exports and clients, live.";

    private const string Details = """
        The service is one with dmio.monitor.socket set, or dmio serve or bench with --monitor. Rates and
        latencies are of the last interval. Per device: operations at it and waiting for it, operations and bytes
        of a second, half and 99 of 100 of all latencies, age of the oldest operation at the device (red from a
        second on). Latencies are from the arrival at the device's actor to its answer, by its turns; what an
        inline device does within a turn is not in them. Per export of a network server: devices that serve and
        that failed, clients, pages of its lease in use; per client where it comes from. On a terminal until
        Ctrl-C; in a pipe one table, or JSON line, for each interval.
        """;

    private const string Examples = """
          dmio bench --region mem:64MiB@0 --operation randrw --duration 10s --monitor bench.sock > report &
          until test -S bench.sock || ! kill -0 $!; do sleep 0.1; done
          dmio top --socket bench.sock --once
          dmio top --socket bench.sock --once --json; wait
        """;

    private static readonly Option<string> SocketPath = new("--socket", "-s")
    {
        Description = "The socket of the service.",
        HelpName = "PATH",
        Required = true,
    };

    private static readonly Option<bool> Once = new("--once") { Description = "Show one interval, and end." };

    private static readonly Option<TimeSpan?> Interval = new("--interval")
    {
        Description = "How often to look, 100ms to 1h. [default: 1s]",
        HelpName = "TIME",
        CustomParser = ReadInterval,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("top", Description, Details, Examples)
        {
            SocketPath, Once, Interval, Options.Json, Options.Verbose,
        };
        command.SetAction(parsed => RunAsync(parsed, streams));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, IConsoleStreams streams)
    {
        await using var source = await MonitorSource.OpenAsync(
            parsed.GetRequiredValue(SocketPath),
            parsed.GetValue(Interval) ?? TimeSpan.FromSeconds(1),
            streams.Interrupted);
        return await new TopScreen(streams, parsed.GetValue(Options.Json))
            .RunAsync(source, parsed.GetValue(Once) ? 1 : null);
    }

    private static TimeSpan? ReadInterval(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (DurationSyntax.TryParse(text, out var interval) && interval >= Shortest && interval <= Longest)
        {
            return interval;
        }

        result.AddError($"--interval '{text}' is not a time from 100ms to 1h; write 500ms, 1s or 2m.");
        return null;
    }
}
