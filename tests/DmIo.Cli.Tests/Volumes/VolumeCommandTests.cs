using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume</c>, and volumes as devices of other commands, in the process of the test.</summary>
[Collection("service")]
public sealed class VolumeCommandTests : IDisposable
{
    private const int Seed = 14;

    private readonly TempDirectory directory = new();

    private string Volume => $"vol:{PathOf("a")},{PathOf("b")},{PathOf("c")}";

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_created_volume_is_closed_and_in_sync()
    {
        var created = await CreateAsync();
        var status = (await StatusAsync("a", "b", "c")).Json;

        Assert.Equal($"created the volume 'disk' of 15 MiB: {Volume}\n", created.Output);
        Assert.Equal("disk", status.GetProperty("volume").GetString());
        Assert.Equal("Closed", status.GetProperty("state").GetString());
        Assert.Equal((1, 1), (status.GetProperty("epoch").GetInt32(), status.GetProperty("record").GetInt32()));
        Assert.Equal(15 << 20, status.GetProperty("size").GetInt32());
        Assert.Equal(0, status.GetProperty("witness").GetArrayLength());
        Assert.Equal(
            [
                $$"""{"member":0,"device":"{{PathOf("a")}}","state":"InSync","missedBytes":0,"resync":null}""",
                $$"""{"member":1,"device":"{{PathOf("b")}}","state":"InSync","missedBytes":0,"resync":null}""",
                $$"""{"member":2,"device":"{{PathOf("c")}}","state":"InSync","missedBytes":0,"resync":null}""",
            ],
            status.GetProperty("legs").EnumerateArray().Select(leg => leg.GetRawText()));
    }

    [Fact]
    public async Task Data_that_is_written_to_a_volume_is_on_each_leg_and_the_volume_is_closed()
    {
        await CreateAsync();
        var data = directory.Fill("data", 1 << 20, Seed);

        var written = await Command.RunAsync("write", "--region", $"{Volume}@8", "--from", data, "--verify");

        Assert.Equal((0, ""), (written.ExitCode, written.Error));
        foreach (var leg in (string[])["a", "b", "c"])
        {
            Assert.Equal(directory.Read("data"), directory.Read(leg)[((1 << 20) + 4096)..((2 << 20) + 4096)]);
        }

        var status = (await StatusAsync("a", "b", "c")).Json;
        Assert.Equal("Closed", status.GetProperty("state").GetString());
        Assert.True(status.GetProperty("epoch").GetInt32() > 1);
    }

    [Fact]
    public async Task A_volume_without_a_leg_is_opened_with_a_warning_and_the_leg_gets_what_it_missed()
    {
        await CreateAsync();
        var data = directory.Fill("data", 1 << 20, Seed);
        File.Move(PathOf("c"), PathOf("away"));

        var written = await Command.RunAsync("write", "--region", $"{Volume}@0", "--from", data);
        File.Move(PathOf("away"), PathOf("c"));
        var before = (await StatusAsync("a", "b", "c")).Json.GetProperty("legs")[2];
        var read = await Command.RunAsync("read", "--region", $"{Volume}@0+2048", "--to", PathOf("copy"));

        Assert.Equal(0, written.ExitCode);
        Assert.StartsWith("dmio write: warning: the volume 'disk' is degraded. Leg 2 was not found.", written.Error);
        Assert.Contains($"'{PathOf("c")}'", written.Error);
        Assert.Equal(("Outdated", 1 << 20), (
            before.GetProperty("state").GetString(), before.GetProperty("missedBytes").GetInt32()));
        Assert.Equal(0, read.ExitCode);
        Assert.Contains($"'{PathOf("c")}'", read.Error);
        Assert.Equal(directory.Read("data"), directory.Read("copy"));
    }

    [Fact]
    public async Task A_leg_whose_content_was_lost_is_named_and_the_others_have_the_data()
    {
        await CreateAsync();
        var data = directory.Fill("data", 1 << 20, Seed);
        await Command.RunAsync("write", "--region", $"{Volume}@0", "--from", data);
        File.WriteAllBytes(PathOf("a"), new byte[16 << 20]);

        var read = await Command.RunAsync("read", "--region", $"{Volume}@0+2048", "--to", PathOf("copy"));
        var status = await StatusAsync("a", "b", "c");

        Assert.Equal(0, read.ExitCode);
        Assert.Contains($"'{PathOf("a")}' is not a leg or witness of a volume", read.Error);
        Assert.Equal(directory.Read("data"), directory.Read("copy"));
        Assert.Equal("Absent", status.Json.GetProperty("legs")[0].GetProperty("state").GetString());
        Assert.Equal(PathOf("a"), status.Json.GetProperty("unusable")[0].GetProperty("device").GetString());
    }

    [Fact]
    public async Task A_witness_replaces_the_vote_of_a_lost_leg()
    {
        string[] create =
            ["volume", "create", "disk", "--leg", PathOf("a"), "--leg", PathOf("b"), "--witness", PathOf("w")];
        var created = await Command.RunAsync([.. create, "--create", "16MiB"]);
        var volume = $"vol:{PathOf("a")},{PathOf("b")};witness={PathOf("w")}";
        File.Delete(PathOf("b"));

        var zeroed = await Command.RunAsync("zero", "--region", $"{volume}@0+8");
        var status = await Command.RunAsync(
            "volume", "status", "--leg", PathOf("a"), "--witness", PathOf("w"), "--json");

        Assert.Equal((0, 16 << 10), (created.ExitCode, new FileInfo(PathOf("w")).Length));
        Assert.True(zeroed.ExitCode == 0, zeroed.ToString());
        Assert.Equal(PathOf("w"), status.Json.GetProperty("witness")[0].GetProperty("device").GetString());
        Assert.Equal("[0]", status.Json.GetProperty("inSync").GetRawText());
    }

    [Fact]
    public async Task Create_refuses_legs_that_hold_something_unless_forced()
    {
        await CreateAsync();

        var refused = await Command.RunAsync("volume", "create", "other", "--leg", PathOf("a"), "--leg", PathOf("b"));
        var forced = await Command.RunAsync(
            "volume", "create", "other", "--leg", PathOf("a"), "--leg", PathOf("b"), "--force", "--json");

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("belongs to the volume 'disk' already; give --force", refused.Error);
        Assert.Equal((0, "other"), (forced.ExitCode, forced.Json.GetProperty("volume").GetString()));
    }

    [Fact]
    public async Task Refused_creation_leaves_no_file()
    {
        var result = await Command.RunAsync("volume", "create", "disk", "--leg", PathOf("a"), "--create", "1MiB");

        Assert.Equal(2, result.ExitCode);
        Assert.False(File.Exists(PathOf("a")));
    }

    [Fact]
    public async Task Legs_of_two_volumes_are_refused()
    {
        await CreateAsync();
        await Command.RunAsync("volume", "create", "other", "--leg", PathOf("x"), "--create", "16MiB");

        var opened = await Command.RunAsync("flush", "--region", $"vol:{PathOf("a")},{PathOf("x")}@0");
        var status = await StatusAsync("a", "x");

        Assert.Equal((2, 2), (opened.ExitCode, status.ExitCode));
        Assert.Contains("2 volumes", opened.Error);
        Assert.Contains("'other'", status.Error);
    }

    [Fact]
    public async Task A_leg_is_not_used_beside_its_volume()
    {
        await CreateAsync();

        var zeroed = await Command.RunAsync("zero", "--region", $"{Volume}@0+8", "--region", $"{PathOf("a")}@0+8");
        var written = await Command.RunAsync("write", "--region", $"{Volume}@0", "--from", PathOf("b"));

        Assert.Equal((2, 2), (zeroed.ExitCode, written.ExitCode));
        Assert.Contains("only through the volume", zeroed.Error);
        Assert.Contains("one file", written.Error);
        Assert.Equal("Closed", (await StatusAsync("a", "b", "c")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Dump_shows_the_superblocks_the_record_and_the_maps()
    {
        await CreateAsync();

        var text = await Command.RunAsync("volume", "dump", PathOf("b"));
        var json = await Command.RunAsync("volume", "dump", PathOf("b"), "--json");
        var blank = await Command.RunAsync("volume", "dump", "mem:4MiB");

        Assert.Equal(0, text.ExitCode);
        Assert.StartsWith("superblock: Open", text.Output);
        Assert.Contains("  name: disk", text.Output);
        Assert.Contains("missed map of member 2: 0 of 64 KiB", text.Output);
        Assert.Equal(4, json.Json.GetProperty("copies").GetArrayLength());
        var superblock = json.Json.GetProperty("superblock");
        Assert.Equal("1", superblock.GetProperty("fields").GetProperty("member").GetString());
        Assert.Equal("True", superblock.GetProperty("record").GetProperty("clean").GetString());
        Assert.Equal(4, json.Json.GetProperty("maps").GetArrayLength());
        Assert.Equal(1, blank.ExitCode);
        Assert.StartsWith("superblock: Damaged", blank.Output);
    }

    private Task<CommandResult> CreateAsync() => Command.RunAsync(
        "volume", "create", "disk", "--leg", PathOf("a"), "--leg", PathOf("b"), "--leg", PathOf("c"), "--create",
        "16MiB");

    private Task<CommandResult> StatusAsync(params string[] legs) =>
        Command.RunAsync(["volume", "status", .. legs.SelectMany(leg => (string[])["--leg", PathOf(leg)]), "--json"]);

    private string PathOf(string name) => directory.PathOf(name);
}
