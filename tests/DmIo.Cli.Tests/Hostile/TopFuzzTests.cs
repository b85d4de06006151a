using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DmIo.Cli.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Cli.Tests.Hostile;

/// <summary>Invalid answers to <c>dmio top</c> are shown or refused. An answer without an end does not fill the memory,
/// and control characters in names do not reach the terminal.</summary>
public sealed class TopFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const string Device = """
        {"name":"disk","mode":"inline","policy":"fair","depth":8,"inFlight":1,"waiting":2,
        "reads":{"count":9,"bytes":512,"errors":0},"writes":{"count":1,"bytes":1,"errors":0},
        "flushes":{"count":0,"bytes":0,"errors":0},"discards":{"count":0,"bytes":0,"errors":0},
        "writeZeroes":{"count":0,"bytes":0,"errors":0},"oldestInFlightSeconds":0.5,"turns":7,"issued":1,
        "merged":0,"flushesIssued":0,"messagesReceived":5,"messagesSent":5,
        "latencies":{"buckets":[{"highestMicroseconds":1.5,"count":3}]}}
        """;

    private const string Server = """
        {"exports":[{"export":{"name":"disk","device":"disk","description":"","pages":256},"sizeBytes":1024,
        "liveDevices":["disk"],"connections":1,"pagesInUse":3,"inFlight":1,"requests":9,"errors":1,"readBytes":512,
        "writtenBytes":0}],"connections":[{"id":1,"peer":"here","export":"disk","isTls":true,"inFlight":1,
        "requests":9,"errors":1,"readBytes":5,"writtenBytes":6}]}
        """;

    private const string Lease = """
        {"id":1,"pages":8,"weight":100,"requests":3,"answered":2,"errors":0,"refused":0,"regions":3,"bytes":512,
        "pagesWired":1,"messagesReceived":5,"messagesSent":5,"pagesInFlight":1,"pagesQuarantined":0,
        "pagesLent":0,"credit":1,"inFlight":1,"waiting":0}
        """;

    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    private static readonly string[] Strange =
    [
        "null", "{}", "[]", "[null]", "-1", "9223372036854775807", "1e308", "1e999", "\"\"", "\"\\u001b[31mX\"",
        "\"[red]x[/\"", "\"HALF\"", "true", "\"inline\"", "{\"count\":9223372036854775807}", "\"\\u0000\\r\\n\"",
    ];

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Any_answer_is_shown_or_refused()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        var shown = 0;
        await FuzzPlan.RunAsync(seed, async random =>
        {
            var path = directory.PathOf($"{random.Next():x}");
            using var listener = Listen(path);
            var serving = SendLinesAsync(listener, Mutated(1, random), Mutated(2, random));
            string[] arguments = ["top", "--node", path, "--once", "--interval", "100ms"];

            var result = await Command.RunAsync(random.Next(2) == 0 ? arguments : [.. arguments, "--json"]);

            await serving;
            Assert.True(result.ExitCode is 0 or 2, result.ToString());
            Assert.False(result.Error.Contains("unexpected:", StringComparison.Ordinal), result.ToString());
            Assert.DoesNotContain('\u001b', result.Output + result.Error);
            Interlocked.Add(ref shown, result.ExitCode == 0 ? 1 : 0);
        });
        output.WriteLine($"{shown} were shown");
        Assert.True(shown > 0);
    }

    [Theory]
    [InlineData("\"oldestInFlightSeconds\":0.5", "\"oldestInFlightSeconds\":1e999")]
    [InlineData("\"highestMicroseconds\":1.5", "\"highestMicroseconds\":-1e999")]
    [InlineData("\"clockSeconds\":2", "\"clockSeconds\":1e999")]
    public async Task A_number_beyond_a_double_is_refused(string member, string invalid)
    {
        var result = await AskAsync(Line(1), Line(2).Replace(member, invalid, StringComparison.Ordinal));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is not a dmio service", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interval_of_almost_zero_has_no_rates()
    {
        var result = await AskAsync(
            Line(0).Replace("\"count\":9", "\"count\":1", StringComparison.Ordinal),
            Line(0).Replace("\"clockSeconds\":0", "\"clockSeconds\":1e-320", StringComparison.Ordinal));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\"readsPerSecond\":0,", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_an_end_is_refused()
    {
        var path = directory.PathOf("endless");
        using var listener = Listen(path);
        var top = Command.RunAsync("top", "--node", path, "--once");
        using var client = await listener.AcceptAsync();
        var sending = SendContinuouslyAsync(client);

        var result = await top.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is not a dmio service", result.Error, StringComparison.Ordinal);
        await sending;
    }

    private async Task<CommandResult> AskAsync(string first, string second)
    {
        var path = directory.PathOf("service");
        using var listener = Listen(path);
        var serving = SendLinesAsync(listener, first, second);
        var result = await Command.RunAsync("top", "--node", path, "--once", "--json");
        await serving;
        return result;
    }

    private static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        return listener;
    }

    /// <summary>Answers each request with a document, then closes the connection.</summary>
    private static async Task SendLinesAsync(Socket listener, params string[] documents)
    {
        using var client = await listener.AcceptAsync();
        try
        {
            foreach (var document in documents)
            {
                await client.ReceiveAsync(new byte[4096]);
                var body = Encoding.UTF8.GetBytes(document);
                await client.SendAsync(Encoding.UTF8.GetBytes($"{Head}Content-Length: {body.Length}\r\n\r\n"));
                await client.SendAsync(body);
            }
        }
        catch (SocketException)
        {
            // dmio top closed the connection.
        }

        // No further connection is accepted.
        listener.Dispose();
    }

    private static async Task SendContinuouslyAsync(Socket client)
    {
        var part = new byte[1 << 20];
        await client.SendAsync(Encoding.UTF8.GetBytes($"{Head}\r\n"));
        part.AsSpan().Fill((byte)' ');
        try
        {
            while (true)
            {
                await client.SendAsync(part);
            }
        }
        catch (SocketException)
        {
            // dmio top closed the connection.
        }
    }

    private static string Line(int clock) =>
        $$"""
        {"clockSeconds":{{clock}},"devices":[{{Device}}],"leases":[{{Lease}}],
        "pool":{"free":1,"leased":2,"draining":0,"quarantined":0,"max":9},
        "messages":{"requests":1,"pagesWired":2,"messages":3,"turns":1},"sections":{"nbd":[{{Server}}] } }
        """.ReplaceLineEndings(" ");

    private static string Mutated(int clock, Random random)
    {
        var root = JsonNode.Parse(Line(clock))!;
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            Mutate(root, random);
        }

        var line = root.ToJsonString().Replace("HALF", "\\ud800", StringComparison.Ordinal);
        return random.Next(10) == 0 ? line[..random.Next(line.Length)] : line;
    }

    /// <summary>Replaces, removes or duplicates a random node.</summary>
    private static void Mutate(JsonNode root, Random random)
    {
        var places = Below(root).ToList();
        if (places.Count == 0)
        {
            return;
        }

        switch (places[random.Next(places.Count)].Parent)
        {
            case JsonObject members:
                var name = members.ElementAt(random.Next(members.Count)).Key;
                members[name] = Replacement(random);
                if (random.Next(4) == 0)
                {
                    members.Remove(name);
                }

                break;
            case JsonArray { Count: > 0 } items:
                items.Add(random.Next(2) == 0 ? items[0]?.DeepClone() : Replacement(random));
                break;
        }
    }

    private static JsonNode? Replacement(Random random) => JsonNode.Parse(Strange[random.Next(Strange.Length)]);

    private static IEnumerable<JsonNode> Below(JsonNode? node)
    {
        IEnumerable<JsonNode?> inner = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return inner.OfType<JsonNode>().SelectMany(one => Below(one).Prepend(one));
    }
}
