using System.CommandLine;
using System.CommandLine.Parsing;
using DmIo.Actors.Configuration;
using DmIo.Cli.Arguments;
using DmIo.Cli.Http;
using DmIo.Cli.Streams;
using DmIo.Cli.Top;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio top</c>: shows the activity of a running service.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromHours(1);

    private const string Description = "Show the activity of a running service: devices, leases, exports and clients.";

    private const string Details = """
        The service is dmio serve or bench with --monitor or --http, or an application that maps the endpoint of
        DmIo.AspNetCore. Rates and latencies are those of the last interval. Columns of a device: operations in
        flight and waiting, operations and bytes per second, median and 99th percentile of the latencies, age of the
        oldest operation in flight (red from one second). A latency is the time from the arrival at the device actor
        to the reply, by the clock of the actor's turns; the time of an inline device within one turn is not
        included. A terminal shows the tables until q or Ctrl-C, with counts in k, M and G of 1000, and bytes in
        those of 1024; from 110 columns also mode and policy. A pipe gets the tables, or a line of JSON, for each
        interval.
        """;

    private const string Examples = """
          dmio bench --region mem:64MiB@0 --operation randrw --duration 10s --monitor bench.sock > report &
          until test -S bench.sock || ! kill -0 $!; do sleep 0.1; done
          dmio top --node bench.sock --once
          dmio top --node bench.sock --once --json; wait
        """;

    private static readonly Option<string> Node = new("--node", "-n")
    {
        Description = "The service: the path of its unix socket, or an URL (http://127.0.0.1:8080).",
        HelpName = "ENDPOINT",
        Required = true,
    };

    private static readonly Option<bool> Once = new("--once") { Description = "Show one interval, then end." };

    private static readonly Option<TimeSpan?> Interval = new("--interval")
    {
        Description = "Interval between snapshots, 100ms to 1h. [default: 1s]",
        HelpName = "TIME",
        CustomParser = ReadInterval,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("top", Description, Details, Examples)
        {
            Node, Once, Interval, SharedOptions.Json, SharedOptions.Verbose,
        };
        command.SetAction(parsed => RunAsync(parsed, streams));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, IConsoleStreams streams)
    {
        using var client = new NodeClient(parsed.GetRequiredValue(Node));
        var source = new NodeSource(client, parsed.GetValue(Interval) ?? TimeSpan.FromSeconds(1));
        return await new TopScreen(streams, parsed.GetValue(SharedOptions.Json))
            .RunAsync(source, parsed.GetValue(Once) ? 1 : null);
    }

    private static TimeSpan? ReadInterval(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (DurationSyntax.TryParse(text, out var interval) && interval >= MinInterval && interval <= MaxInterval)
        {
            return interval;
        }

        result.AddError($"--interval '{text}' is not a time from 100ms to 1h; write 500ms, 1s or 2m.");
        return null;
    }
}
