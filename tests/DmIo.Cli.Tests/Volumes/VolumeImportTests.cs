using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume import</c>, and commands for a leg with external metadata.</summary>
[Collection("service")]
public sealed class VolumeImportTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    private string Imported => $"{PathOf("disk")};metadata={PathOf("meta")}";

    [Fact]
    public async Task A_file_becomes_a_volume_that_has_its_data_and_its_size()
    {
        directory.Fill("disk", 4 << 20, seed: 1);
        var before = directory.Read("disk");
        var imported = await ImportAsync("--leg", PathOf("b"), "--witness", PathOf("w"), "--create", "5MiB", "--json");
        Assert.True(imported.ExitCode == 0, imported.ToString());
        Assert.Equal(4 << 20, imported.Json.GetProperty("size").GetInt64());
        string[] all = [.. Legs(Imported, PathOf("b")), "--witness", PathOf("w")];

        var synced = await Command.RunAsync(["volume", "resync", .. all, "--json"]);
        var verified = await Command.RunAsync(["volume", "verify", .. all]);
        var read = await Command.RunAsync(
            "read", "--region", $"vol:{Imported},{PathOf("b")};witness={PathOf("w")}@0", "--to", PathOf("out"));

        Assert.True(synced.ExitCode == 0, synced.ToString());
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.True(read.ExitCode == 0, read.ToString());
        var leg = synced.Json.GetProperty("legs")[0];
        Assert.Equal(
            (PathOf("disk"), PathOf("meta"), "InSync"),
            (leg.GetProperty("device").GetString(), leg.GetProperty("metadata").GetString(),
                leg.GetProperty("state").GetString()));
        Assert.Equal(before, directory.Read("out"));
        Assert.Equal(before, directory.Read("disk"));
        Assert.Equal(before, directory.Read("b")[(1 << 20)..]);
    }

    [Fact]
    public async Task The_leg_is_shown_renamed_removed_and_added_again()
    {
        directory.Fill("disk", 4 << 20, seed: 1);
        var imported = await ImportAsync("--leg", PathOf("b"), "--create", "5MiB");
        Assert.True(imported.ExitCode == 0, imported.ToString());
        string[] all = [.. Legs(Imported, PathOf("b"))];

        var dumped = await Command.RunAsync("volume", "dump", PathOf("meta"));
        var status = await Command.RunAsync(["volume", "status", .. all]);
        var renamed = await Command.RunAsync(["volume", "rename", "other", .. all]);
        await Command.RunAsync(["volume", "resync", .. all]);
        var removed = await Command.RunAsync(["volume", "remove-leg", PathOf("disk"), .. all]);
        File.Delete(PathOf("meta"));
        var added = await Command.RunAsync(
            ["volume", "add-leg", Imported, .. Legs(PathOf("b")), "--force", "--json"]);
        var destroyed = await Command.RunAsync(["volume", "destroy", .. all, "--force"]);

        Assert.Contains("metadata: External", dumped.Output);
        Assert.Contains(";metadata=", status.Output);
        foreach (var result in (CommandResult[])[dumped, status, renamed, removed, added, destroyed])
        {
            Assert.True(result.ExitCode == 0, result.ToString());
        }
    }

    [Fact]
    public async Task A_refused_import_creates_no_metadata_and_a_leg_without_it_is_refused()
    {
        directory.Fill("disk", 4 << 20, seed: 1);
        directory.Fill("small", 4 << 20, seed: 2);

        var small = await ImportAsync("--leg", PathOf("small"));
        Assert.False(File.Exists(PathOf("meta")));
        var imported = await ImportAsync();
        var again = await ImportAsync();
        var without = await Command.RunAsync("flush", "--region", $"vol:{PathOf("disk")}@0");
        var alone = await Command.RunAsync("flush", "--region", $"vol:{PathOf("meta")}@0");

        Assert.Equal((2, 0, 2), (small.ExitCode, imported.ExitCode, again.ExitCode));
        Assert.Contains("it needs 5242880 bytes", small.Error);
        Assert.Contains("belongs to the volume 'v' already; give --force", again.Error);
        Assert.Equal((2, 2), (without.ExitCode, alone.ExitCode));
        Assert.Contains("With external metadata, it is", without.Error);
        Assert.Contains("Name the data too", alone.Error);
    }

    private Task<CommandResult> ImportAsync(params string[] more) =>
        Command.RunAsync(["volume", "import", "v", "--leg", Imported, .. more]);

    private static IEnumerable<string> Legs(params string[] legs) => legs.SelectMany(leg => new[] { "--leg", leg });

    private string PathOf(string name) => directory.PathOf(name);
}
