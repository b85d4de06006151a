using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume add-leg</c>, <c>add-witness</c>, <c>replace-leg</c>, <c>remove-leg</c> and
/// <c>resync</c>.</summary>
[Collection("service")]
public sealed class VolumeMemberTests : IAsyncLifetime
{
    private readonly TempDirectory directory = new();

    public async Task InitializeAsync()
    {
        var created = await Command.RunAsync(
            ["volume", "create", "disk", .. Legs("a", "b"), "--create", "16MiB"]);
        Assert.True(created.ExitCode == 0, created.ToString());
        File.WriteAllBytes(PathOf("data"), [.. Enumerable.Repeat((byte)7, 4096)]);
        var written = await Command.RunAsync(
            "write", "--region", $"vol:{PathOf("a")},{PathOf("b")}@0", "--from", PathOf("data"));
        Assert.True(written.ExitCode == 0, written.ToString());
    }

    public Task DisposeAsync()
    {
        directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_leg_that_was_added_holds_the_data_without_the_first_one()
    {
        var added = await Command.RunAsync(
            ["volume", "add-leg", PathOf("c"), .. Legs("a", "b"), "--create", "16MiB", "--json"]);
        File.Delete(PathOf("a"));
        Assert.True(added.ExitCode == 0, added.ToString());
        Assert.Equal([0, 1, 2], added.Json.GetProperty("inSync").EnumerateArray().Select(leg => leg.GetInt32()));
        await AssertDataAsync("b", "c");
    }

    [Fact]
    public async Task A_leg_that_is_gone_is_replaced_by_its_number()
    {
        await Command.RunAsync(["volume", "add-leg", PathOf("c"), .. Legs("a", "b"), "--create", "16MiB"]);
        File.Delete(PathOf("a"));
        var replaced = await Command.RunAsync(
            ["volume", "replace-leg", "0", PathOf("d"), .. Legs("b", "c"), "--create", "16MiB", "--json"]);
        Assert.True(replaced.ExitCode == 0, replaced.ToString());
        Assert.Equal([1, 2, 3], replaced.Json.GetProperty("inSync").EnumerateArray().Select(leg => leg.GetInt32()));
        await AssertDataAsync("c", "d");
    }

    [Fact]
    public async Task A_leg_that_was_removed_is_erased_and_the_last_one_is_kept()
    {
        var removed = await Command.RunAsync(["volume", "remove-leg", PathOf("b"), .. Legs("a", "b")]);
        var status = await Command.RunAsync(["volume", "status", .. Legs("b")]);
        var last = await Command.RunAsync(["volume", "remove-leg", PathOf("a"), .. Legs("a")]);
        var unknown = await Command.RunAsync(["volume", "remove-leg", PathOf("b"), .. Legs("a")]);

        Assert.True(removed.ExitCode == 0, removed.ToString());
        Assert.Equal(2, status.ExitCode);
        Assert.Equal(2, last.ExitCode);
        Assert.Contains("the last leg in sync", last.Error);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("is no leg of the volume that was found", unknown.Error);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("drained")]
    public async Task A_volume_does_without_a_leg_of_the_configuration_that_is_missing(string command)
    {
        var config = PathOf("dmio.conf");
        await File.WriteAllTextAsync(config, $$"""
            dmio.devices {
              gone { backend = file, path = "{{PathOf("b")}}", on-missing = skip }
            }
            """);
        await Command.RunAsync(["volume", "add-leg", PathOf("c"), .. Legs("a", "b"), "--create", "16MiB"]);
        File.Delete(PathOf("b"));

        var result = await Command.RunAsync(
            ["volume", command, .. Legs("a", "c"), "--leg", "gone", "--config", config]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("'gone' as a device: it is missing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volume_grows_to_what_fits_on_its_legs_after_their_files_were_enlarged()
    {
        var full = await Command.RunAsync(["volume", "grow", .. Legs("a", "b")]);
        foreach (var leg in (string[])["a", "b"])
        {
            await using var file = File.OpenWrite(PathOf(leg));
            file.SetLength(24 << 20);
        }

        var sized = await Command.RunAsync(["volume", "grow", .. Legs("a", "b"), "--size", "20MiB", "--json"]);
        var grown = await Command.RunAsync(["volume", "grow", .. Legs("a", "b")]);
        Assert.Equal(2, full.ExitCode);
        Assert.Contains("has room for 15MiB. Enlarge the file or disk", full.Error);
        Assert.True(sized.ExitCode == 0, sized.ToString());
        Assert.Equal(20 << 20, sized.Json.GetProperty("size").GetInt64());
        Assert.True(grown.ExitCode == 0, grown.ToString());
        Assert.Contains("the volume 'disk' has 23", grown.Output);
        await AssertDataAsync("a", "b");
    }

    [Fact]
    public async Task A_witness_that_was_added_replaces_a_leg_in_the_quorum()
    {
        var added = await Command.RunAsync(
            ["volume", "add-witness", PathOf("w"), .. Legs("a", "b"), "--create", "16KiB"]);
        File.Delete(PathOf("a"));
        var read = await Command.RunAsync(
            "read", "--region", $"vol:{PathOf("b")};witness={PathOf("w")}@0+8", "--to", PathOf("out"));
        Assert.True(added.ExitCode == 0, added.ToString());
        Assert.True(read.ExitCode == 0, read.ToString());
        Assert.Equal(File.ReadAllBytes(PathOf("data")), File.ReadAllBytes(PathOf("out")));
    }

    [Fact]
    public async Task A_device_that_is_too_small_is_refused()
    {
        var refused = await Command.RunAsync(
            ["volume", "add-leg", PathOf("c"), .. Legs("a", "b"), "--create", "4MiB"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("has room for", refused.Error);
    }

    private async Task AssertDataAsync(string first, string second)
    {
        var resync = await Command.RunAsync(["volume", "resync", .. Legs(first, second)]);
        var read = await Command.RunAsync(
            "read", "--region", $"vol:{PathOf(first)},{PathOf(second)}@0+8", "--to", PathOf("out"));
        Assert.True(resync.ExitCode == 0, resync.ToString());
        Assert.True(read.ExitCode == 0, read.ToString());
        Assert.Equal(File.ReadAllBytes(PathOf("data")), File.ReadAllBytes(PathOf("out")));
    }

    private string[] Legs(params string[] names) => [.. names.SelectMany(name => new[] { "--leg", PathOf(name) })];

    private string PathOf(string name) => directory.PathOf(name);
}
