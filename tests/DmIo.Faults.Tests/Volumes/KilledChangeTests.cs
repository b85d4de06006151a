using System.Globalization;
using System.Text.Json;
using DmIo.Faults.Tests.Bench;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>
/// Commands of <c>dmio volume</c>, and a <c>dmio serve</c> that closes its volume, are killed (SIGKILL) at a random
/// moment, several times. After each kill the volume is opened: it holds what was written, and its legs are equal.
/// </summary>
public sealed class KilledChangeTests(ITestOutputHelper output) : IDisposable
{
    private const int LegBytes = 24 << 20;
    private const int DataBytes = 8 << 20;

    private static readonly int Kills = Environment.GetEnvironmentVariable("DMIO_LONG") == "1" ? 20 : 2;

    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(Seed);
    private readonly List<string> legs = [];
    private readonly byte[] data = new byte[DataBytes];

    private static int Seed { get; } =
        Environment.GetEnvironmentVariable("DMIO_KILL_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1_000_000_000);

    private string Export => $"vol:{string.Join(',', legs)}";

    public void Dispose() => directory.Dispose();

    /// <summary>The command can be repeated, and every member that is left has a device.</summary>
    [Theory]
    [InlineData("add-leg", 4)]
    [InlineData("replace-leg", 3)]
    public async Task A_change_of_members_that_is_killed_loses_nothing_and_can_be_repeated(string change, int left)
    {
        await CreateAsync();
        var old = legs.ToArray();
        var added = directory.SparseFile("added", LegBytes);
        string[] arguments = change == "add-leg" ? [added] : [old[0], added];
        arguments = ["volume", change, .. arguments, "--force", .. NamesOf(old)];
        legs.Add(added);
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAsync(arguments);
            await CompareAsync(random.Next(2) == 0 ? old : legs);
        }

        // A leg that was removed before the last kill is not found.
        await RunAsync(arguments);
        await CompareAsync(legs);
        var status = JsonDocument.Parse(
            await Dmio.RunAsync(["volume", "status", "--json", .. NamesOf(legs.Where(IsLeg))])).RootElement;
        Assert.Equal(left, status.GetProperty("inSync").GetArrayLength());
        Assert.Equal(left, status.GetProperty("legs").GetArrayLength());
    }

    [Fact]
    public async Task A_comparison_that_is_killed_loses_nothing()
    {
        await CreateAsync();
        for (var kill = 0; kill < Kills; kill++)
        {
            await RotAsync(legs[kill % legs.Count], kill);
            await KillAsync(["volume", "verify", .. NamesOf(legs)]);
            await CompareAsync(legs, hasRot: true);
        }
    }

    [Fact]
    public async Task A_service_that_is_killed_while_it_closes_its_volume_loses_nothing()
    {
        await CreateAsync();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using (var server = Dmio.Start(
                "serve", "--export", $"disk={Export}", "--unix", directory.FilePath("close.sock"), "--json"))
            {
                await server.WaitForOutputAsync("\"name\":\"disk\"");
                await WriteAsync(directory.FilePath("close.sock"));
                server.Terminate();
                await Task.Delay(random.Next(300));
                await server.KillAsync();
            }

            await UntilUnlockedAsync();
            await CompareAsync(legs);
        }
    }

    private static string[] NamesOf(IEnumerable<string> names) =>
        [.. names.SelectMany(name => (string[])["--leg", name])];

    private async Task CreateAsync()
    {
        output.WriteLine($"seed {Seed}");
        for (var index = 0; index < 3; index++)
        {
            legs.Add(directory.SparseFile($"leg{index}", LegBytes));
        }

        await Dmio.RunAsync(["volume", "create", "disk", .. NamesOf(legs)]);
        await WriteAsync(null);
    }

    /// <summary>Writes new data to the volume: to the server on a socket, or, without one, to the volume
    /// itself.</summary>
    private async Task WriteAsync(string? socket)
    {
        random.NextBytes(data);
        var source = directory.FilePath("source");
        await File.WriteAllBytesAsync(source, data);
        var target = socket is null ? Export : $"nbd+unix:///disk?socket={socket}";
        await Dmio.RunAsync("write", "--region", $"{target}@0", "--from", source, "--fua");
    }

    /// <summary>Runs a command, and kills it at a random moment, if it has not ended.</summary>
    private async Task KillAsync(params string[] arguments)
    {
        await using (var command = Dmio.Start(arguments))
        {
            await Task.Delay(random.Next(200, 1500));
            output.WriteLine($"{arguments[1]} {(command.HasExited ? "has ended" : "is killed")}: {command.Output}");
            await command.KillAsync();
        }

        await UntilUnlockedAsync();
    }

    private async Task UntilUnlockedAsync()
    {
        foreach (var file in legs)
        {
            await Dmio.UntilUnlockedAsync(file);
        }
    }

    /// <summary>Opens the volume, compares its legs, and reads it.</summary>
    private async Task CompareAsync(IEnumerable<string> files, bool hasRot = false)
    {
        var found = files.Where(IsLeg).ToArray();
        await Dmio.RunAsync(["volume", "resync", .. NamesOf(found)]);
        if (hasRot)
        {
            // It fails if it finds a difference, which it repairs.
            await RunAsync(["volume", "verify", .. NamesOf(found)]);
        }

        await Dmio.RunAsync(["volume", "verify", .. NamesOf(found)]);
        var target = directory.FilePath("target");
        await Dmio.RunAsync(
            "read", "--region", $"vol:{string.Join(',', found)}@0+{DataBytes / 512}", "--to", target);
        Assert.True((await File.ReadAllBytesAsync(target)).AsSpan().SequenceEqual(data));
    }

    /// <summary>Runs a command to its end, also if it fails.</summary>
    private static async Task RunAsync(params string[] arguments)
    {
        await using var command = Dmio.Start(arguments);
        await command.EndAsync();
    }

    /// <summary>A member that was removed is erased.</summary>
    private static bool IsLeg(string file)
    {
        using var stream = File.OpenRead(file);
        var magic = new byte[8];
        stream.ReadExactly(magic);
        return magic.AsSpan().SequenceEqual("DMIOVOL1"u8);
    }

    /// <summary>A bit of the data of a leg flips.</summary>
    private static async Task RotAsync(string leg, int kill)
    {
        var at = (1 << 20) + (kill * 300_000);
        await using var file = new FileStream(leg, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var old = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(old ^ 1));
    }
}
