using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume list</c>, <c>stop</c>, <c>start</c>, <c>rename</c> and <c>destroy</c>.</summary>
[Collection("service")]
public sealed class VolumeChangeTests : IAsyncLifetime
{
    private readonly TempDirectory directory = new();

    private string Volume => $"vol:{PathOf("a")},{PathOf("b")},{PathOf("c")}";

    public async Task InitializeAsync()
    {
        var created = await Command.RunAsync(
            ["volume", "create", "disk", .. Legs("a", "b", "c"), "--create", "16MiB"]);
        Assert.True(created.ExitCode == 0, created.ToString());
    }

    public Task DisposeAsync()
    {
        directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_stopped_volume_is_opened_by_no_command_until_it_is_started()
    {
        var stopped = await ChangeAsync("stop");
        var opened = await Command.RunAsync("zero", "--region", $"{Volume}@0+8");
        var status = await StatusAsync();
        var started = await ChangeAsync("start");
        var again = await Command.RunAsync("zero", "--region", $"{Volume}@0+8");

        Assert.Equal((0, "the volume 'disk' is Stopped\n"), (stopped.ExitCode, stopped.Output));
        Assert.Equal(2, opened.ExitCode);
        Assert.Contains("was stopped", opened.Error);
        Assert.Contains("dmio volume start", opened.Error);
        Assert.Equal("Stopped", status);
        Assert.Equal((0, "the volume 'disk' is Closed\n"), (started.ExitCode, started.Output));
        Assert.True(again.ExitCode == 0, again.ToString());
    }

    [Fact]
    public async Task A_volume_is_stopped_without_a_leg_that_does_not_exist_and_not_without_a_quorum()
    {
        File.Move(PathOf("c"), PathOf("away"));
        var stopped = await ChangeAsync("stop");
        File.Delete(PathOf("b"));
        var refused = await ChangeAsync("start");

        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains("there is no such file", stopped.Error);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("It needs 2 of its 3 voters", refused.Error);
        Assert.Contains("Missing: leg 1, leg 2", refused.Error);
    }

    [Fact]
    public async Task A_leg_that_was_away_during_the_stop_opens_nothing()
    {
        File.Move(PathOf("c"), PathOf("away"));
        await ChangeAsync("stop");
        File.Move(PathOf("away"), PathOf("c"));

        var opened = await Command.RunAsync("flush", "--region", $"vol:{PathOf("c")},{PathOf("b")}@0");

        Assert.Equal(2, opened.ExitCode);
        Assert.Contains("was stopped", opened.Error);
    }

    [Fact]
    public async Task A_renamed_volume_has_the_new_name_and_keeps_its_data()
    {
        var data = directory.Fill("data", 1 << 20, seed: 3);
        await Command.RunAsync("write", "--region", $"{Volume}@0", "--from", data);

        var renamed = await Command.RunAsync(["volume", "rename", "archive", .. Legs("a", "b", "c")]);
        var partly = await Command.RunAsync(["volume", "rename", "other", .. Legs("a", "b")]);
        var read = await Command.RunAsync("read", "--region", $"{Volume}@0+2048", "--to", PathOf("copy"));

        Assert.Equal((0, "the volume is named 'archive'\n"), (renamed.ExitCode, renamed.Output));
        Assert.Equal(2, partly.ExitCode);
        Assert.Contains("Missing: leg 2", partly.Error);
        Assert.Equal(0, read.ExitCode);
        Assert.Equal(directory.Read("data"), directory.Read("copy"));
        Assert.Contains("archive", (await Command.RunAsync("volume", "list", PathOf("a"))).Output);
    }

    [Fact]
    public async Task A_volume_is_destroyed_only_with_force()
    {
        var shown = await Command.RunAsync(["volume", "destroy", .. Legs("a", "b", "c")]);
        var before = await StatusAsync();
        var destroyed = await Command.RunAsync(["volume", "destroy", .. Legs("a", "b", "c"), "--force", "--json"]);
        var after = await Command.RunAsync(["volume", "status", .. Legs("a", "b", "c")]);
        var again = await Command.RunAsync(["volume", "create", "new", .. Legs("a", "b", "c")]);

        Assert.Equal((2, "Closed"), (shown.ExitCode, before));
        Assert.Contains("'disk' of 15 MiB", shown.Error);
        Assert.Contains("give --force", shown.Error);
        Assert.Equal((0, 3), (destroyed.ExitCode, destroyed.Json.GetProperty("erased").GetArrayLength()));
        Assert.Equal(2, after.ExitCode);
        Assert.Contains("no leg or witness of a volume", after.Error);
        Assert.Equal(0, again.ExitCode);
    }

    [Fact]
    public async Task A_list_has_each_volume_and_the_devices_without_one()
    {
        await Command.RunAsync("volume", "create", "other", "--leg", PathOf("x"), "--create", "16MiB");
        File.WriteAllBytes(PathOf("blank"), new byte[1 << 20]);

        var text = await Command.RunAsync(
            "volume", "list", PathOf("a"), PathOf("c"), PathOf("x"), PathOf("blank"));
        var json = await Command.RunAsync("volume", "list", PathOf("a"), PathOf("x"), PathOf("blank"), "--json");

        Assert.Equal(0, text.ExitCode);
        Assert.Contains("(not found)", text.Output);
        Assert.Contains($"{PathOf("blank")}: It is no leg or witness of a volume.", text.Output);
        Assert.Equal(
            ["disk", "other"],
            json.Json.GetProperty("volumes").EnumerateArray()
                .Select(volume => volume.GetProperty("volume").GetString()));
        Assert.Equal(PathOf("blank"), json.Json.GetProperty("others")[0].GetProperty("device").GetString());
    }

    [Fact]
    public async Task A_list_of_a_configuration_has_the_volumes_of_its_devices()
    {
        var config = directory.Write("dmio.conf", $$"""
            dmio.devices {
              one { backend = file, path = "{{PathOf("a")}}" }
              two { backend = file, path = "{{PathOf("b")}}" }
            }
            """);

        var list = await Command.RunAsync("volume", "list", "--config", config, "--json");
        var none = await Command.RunAsync("volume", "list");

        Assert.Equal(0, list.ExitCode);
        var volume = Assert.Single(list.Json.GetProperty("volumes").EnumerateArray());
        Assert.Equal("one", volume.GetProperty("legs")[0].GetProperty("device").GetString());
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("--config FILE", none.Error);
    }

    [Fact]
    public async Task A_volume_of_the_configuration_is_a_device_by_its_name()
    {
        var config = directory.Write("dmio.conf", $$"""
            dmio {
              devices {
                one { backend = file, path = "{{PathOf("a")}}" }
                two { backend = file, path = "{{PathOf("b")}}" }
                three { backend = file, path = "{{PathOf("c")}}" }
              }
              volumes.archive { legs = [one, two, three], pages = 128 }
            }
            """);
        var invalid = directory.Write("invalid.conf", "dmio.volumes.v { legs = [a], pages = 1 }");

        var zeroed = await Command.RunAsync("zero", "--config", config, "--region", "archive@0+8", "--json");
        var refused = await Command.RunAsync("zero", "--config", invalid, "--region", "v@0+8");

        Assert.True(zeroed.ExitCode == 0, zeroed.ToString());
        Assert.Equal("Closed", await StatusAsync());
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("1 pages; give at least 64", refused.Error);
    }

    [Fact]
    public async Task The_legs_of_a_running_server_are_listed_as_in_use_and_cannot_be_changed()
    {
        using var server = DmioProcess.StartCommand(
            "serve", "--export", $"disk={Volume}", "--unix", PathOf("socket"), "--json");
        Assert.NotNull(await server.ReadLineAsync());

        var list = await Command.RunAsync("volume", "list", PathOf("a"), "--json");
        var changes = new List<CommandResult>
        {
            await ChangeAsync("stop"),
            await Command.RunAsync(["volume", "rename", "new", .. Legs("a", "b", "c")]),
            await Command.RunAsync(["volume", "destroy", .. Legs("a", "b", "c"), "--force"]),
        };
        await server.SignalAsync("TERM");
        await server.EndUnreadAsync();

        Assert.Equal((0, 0), (list.ExitCode, list.Json.GetProperty("volumes").GetArrayLength()));
        Assert.Contains("another process", list.Json.GetProperty("others")[0].GetProperty("reason").GetString());
        Assert.All(changes, change => Assert.Equal(2, change.ExitCode));
        Assert.All(changes, change => Assert.Contains("another process", change.Error));
        Assert.Equal("Closed", await StatusAsync());
    }

    private static string[] With(IEnumerable<string> paths) => [.. paths.SelectMany(path => (string[])["--leg", path])];

    private string[] Legs(params string[] names) => With(names.Select(PathOf));

    private Task<CommandResult> ChangeAsync(string change) =>
        Command.RunAsync(["volume", change, .. Legs("a", "b", "c")]);

    private async Task<string?> StatusAsync() => (await Command.RunAsync(
        ["volume", "status", .. Legs("a", "b", "c"), "--json"])).Json.GetProperty("state").GetString();

    private string PathOf(string name) => directory.PathOf(name);
}
