using System.Globalization;
using System.Text.Json;
using DmIo.Faults.Tests.Bench;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>
/// <c>dmio serve</c> with a volume, killed (SIGKILL) again and again under a load that verifies what it wrote, while
/// legs behind servers of their own are killed and returned.
/// <code>
///   fio --nbd--> dmio serve (repeats requests) --nbd--> dmio serve vol: --+--> files, most of the legs
///       is never killed                                is killed          +--nbd--> dmio serve FILE, is killed
/// </code>
/// </summary>
public sealed class WriterKillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int DataStart = 1 << 20;

    private static readonly int? KillsFromOutside = Read("DMIO_KILLS");
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DMIO_LONG") == "1";

    private readonly TemporaryDirectory directory = new();
    private readonly int seed = Read("DMIO_KILL_SEED") ?? Random.Shared.Next(1_000_000_000);
    private readonly List<string> files = [];
    private readonly List<ServedLeg> served = [];
    private int kills;
    private int legKills;

    private string Socket => directory.FilePath("writer.sock");

    private string Volume => $"vol:{string.Join(',', files.Concat(served.Select((_, index) => $"served{index}")))}";

    private string[] Legs =>
        [.. files.Concat(served.Select((_, index) => $"served{index}")).SelectMany(leg => (string[])["--leg", leg])];

    private string Configuration => directory.FilePath("writer.conf");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var leg in served)
        {
            await leg.DisposeAsync();
        }

        directory.Dispose();
    }

    [FioTheory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public async Task A_killed_writer_loses_no_acknowledged_write_and_its_legs_become_equal(int files, int servers)
    {
        var enough = KillsFromOutside ?? (IsLong ? 200 : 3);
        output.WriteLine($"seed {seed}, {enough} kills");
        await CreateAsync(files, servers);
        await using var front = await StartFrontAsync();
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);
        var random = new Random(seed);
        while (kills < enough && !load.IsCompleted)
        {
            await LiveAsync(random);
        }

        await StartServersAsync();
        await TellDrainedAsync();
        await using var last = await StartWriterAsync();
        await stop.CancelAsync();
        try
        {
            await load;
        }
        finally
        {
            output.WriteLine($"front: {front.Output}");
        }

        last.Terminate();
        Assert.True(await last.EndAsync() == 0, last.Output);
        await CompareAsync();
    }

    private static int? Read(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;

    private async Task CreateAsync(int fileCount, int serverCount)
    {
        for (var index = 0; index < fileCount; index++)
        {
            files.Add(directory.SparseFile($"file{index}", 32 << 20));
        }

        for (var index = 0; index < serverCount; index++)
        {
            served.Add(new ServedLeg(
                directory.SparseFile($"behind{index}", 32 << 20), directory.FilePath($"{index}.sock")));
        }

        await File.WriteAllLinesAsync(Configuration, served.Select((leg, index) =>
            $$"""dmio.devices.served{{index}} { backend = uri, uri = "{{leg.Uri}}", on-missing = retry }"""));
        await StartServersAsync();
        await Dmio.RunAsync(["volume", "create", "disk", "--config", Configuration, "--allow-unfenced", .. Legs]);
    }

    private async Task StartServersAsync()
    {
        foreach (var leg in served.Where(leg => !leg.IsRunning))
        {
            await leg.StartAsync();
        }
    }

    /// <summary>A server that repeats requests whose writer was killed, as the initiator of a user does.</summary>
    private async Task<PeerProcess> StartFrontAsync()
    {
        var configuration = directory.FilePath("front.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            dmio.devices.far {
              backend = uri
              uri = "nbd+unix:///disk?socket={{Socket}}"
              on-missing = retry
              nbd {
                request-timeout = 120s
                reconnect-wait = 120s
                min-pause = 20ms
                max-pause = 100ms
                read-retries = 100
                write-retries = 100
              }
            }
            """);
        await using var writer = await StartWriterAsync();
        var front = Dmio.Start("serve", "--config", configuration, "--export", "disk=far", "--unix",
            directory.FilePath("front.sock"), "--json", "-v");
        await front.WaitForOutputAsync("\"name\":\"disk\"");
        await KillAsync(writer);
        return front;
    }

    /// <summary>After a crash of the writer, legs that cannot be fenced are used again only when an operator says that
    /// their servers were started again.</summary>
    private async Task TellDrainedAsync() =>
        await Dmio.RunAsync(["volume", "drained", "--config", Configuration, .. Legs]);

    private PeerProcess BeginWriter() => Dmio.Start(
        "serve", "--config", Configuration, "--export", $"disk={Volume}", "--unix", Socket, "--json");

    private async Task<PeerProcess> StartWriterAsync()
    {
        var writer = BeginWriter();
        await writer.WaitForOutputAsync("\"name\":\"disk\"");
        return writer;
    }

    /// <summary>One life of the writer: it is killed while it starts, takes the volume over, recovers or serves.
    /// </summary>
    private async Task LiveAsync(Random random)
    {
        foreach (var leg in served.Where(leg => !leg.IsRunning && random.Next(4) != 0))
        {
            await leg.StartAsync();
        }

        if (random.Next(2) == 0)
        {
            await TellDrainedAsync();
        }

        await using var writer = BeginWriter();
        if (random.Next(3) != 0)
        {
            await writer.WaitForOutputAsync("\"name\":\"disk\"");
        }

        for (var steps = random.Next(1, 5); steps > 0; steps--)
        {
            await Task.Delay(random.Next(20, 400));
            var leg = served[random.Next(served.Count)];
            if (!leg.IsRunning)
            {
                await leg.StartAsync();
            }
            else if (steps > 1)
            {
                await leg.KillAsync();
                legKills++;
            }
        }

        Assert.False(writer.HasExited, writer.Output);
        await KillAsync(writer);
        kills++;
        output.WriteLine($"{DateTime.Now:T} killed {kills}: {writer.Output}");
        foreach (var leg in served)
        {
            // Its server would still execute what the killed writer sent.
            await leg.KillAsync();
        }
    }

    private async Task KillAsync(PeerProcess writer)
    {
        await writer.KillAsync();
        foreach (var file in files)
        {
            await Dmio.UntilUnlockedAsync(file);
        }
    }

    private async Task LoadAsync(CancellationToken stop)
    {
        var uri = $"nbd+unix:///disk?socket={directory.FilePath("front.sock")}";
        var (writes, verified, passes) = (0L, 0L, 0);
        do
        {
            var pass = new FioPass(uri, IsLong ? "31m" : "12m", passes++);
            await pass.RunAsync(TimeSpan.FromMinutes(10));
            (writes, verified) = (writes + pass.Writes, verified + pass.VerifiedBytes);
        }
        while (!stop.IsCancellationRequested);

        output.WriteLine(
            $"{kills} kills of the writer, {legKills} kills of legs, {passes} passes, "
            + $"{writes} writes, {verified} bytes verified");
    }

    private async Task CompareAsync()
    {
        await Dmio.RunAsync(["volume", "resync", "--config", Configuration, .. Legs]);
        var verified = await Dmio.RunAsync(["volume", "verify", "--config", Configuration, "--json", .. Legs]);
        output.WriteLine(verified);
        var status = await Dmio.RunAsync(["volume", "status", "--config", Configuration, "--json", .. Legs]);
        Assert.Equal("Closed", JsonDocument.Parse(status).RootElement.GetProperty("state").GetString());
        foreach (var leg in served)
        {
            leg.Server.Terminate();
            await leg.Server.EndAsync();
        }

        var expected = (await File.ReadAllBytesAsync(files[0]))[DataStart..];
        foreach (var file in files.Concat(served.Select(leg => leg.Device)))
        {
            var found = await File.ReadAllBytesAsync(file);
            Assert.True(expected.AsSpan().SequenceEqual(found.AsSpan(DataStart)), $"{file} differs from {files[0]}");
        }
    }
}
