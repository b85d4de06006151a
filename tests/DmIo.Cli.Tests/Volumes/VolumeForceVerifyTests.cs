using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume verify</c> and <c>force</c>.</summary>
[Collection("service")]
public sealed class VolumeForceVerifyTests : IAsyncLifetime
{
    // Region 3 of the data, which begins at 1 MiB.
    private const long Rotten = (1 << 20) + (3 << 16) + 9;

    private readonly TempDirectory directory = new();

    public async Task InitializeAsync()
    {
        var created = await Command.RunAsync(
            ["volume", "create", "disk", .. Legs("a", "b", "c"), "--create", "4MiB"]);
        Assert.True(created.ExitCode == 0, created.ToString());
    }

    public Task DisposeAsync()
    {
        directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_leg_that_differs_is_shown_and_copied_and_equal_the_next_time()
    {
        Rot("b");
        var found = await Command.RunAsync(["volume", "verify", .. Legs("a", "b", "c"), "--json"]);
        var again = await Command.RunAsync(["volume", "verify", .. Legs("a", "b", "c")]);

        Assert.True(found.ExitCode == 1, found.ToString());
        var difference = Assert.Single(found.Json.GetProperty("differences").EnumerateArray());
        Assert.Equal(3 << 16, difference.GetProperty("offset").GetInt64());
        Assert.Equal(1 << 16, difference.GetProperty("length").GetInt64());
        Assert.Equal(PathOf("b"), Assert.Single(difference.GetProperty("legs").EnumerateArray()).GetString());
        Assert.True(difference.GetProperty("resynchronized").GetBoolean());
        Assert.Equal((0, "compared 3 MiB, skipped 0 B: the legs are equal\n"), (again.ExitCode, again.Output));
    }

    [Fact]
    public async Task The_comparison_begins_at_an_offset()
    {
        Rot("b");
        var later = await Command.RunAsync(["volume", "verify", .. Legs("a", "b", "c"), "--start", "1MiB"]);
        Assert.Equal((0, "compared 2 MiB, skipped 0 B: the legs are equal\n"), (later.ExitCode, later.Output));
    }

    [Fact]
    public async Task A_force_needs_a_confirmation_and_makes_a_minority_a_volume()
    {
        File.Move(PathOf("a"), PathOf("away"));
        var options = Legs("c");
        var refused = await Command.RunAsync("zero", "--region", $"vol:{PathOf("c")}@0+8");
        var asked = await Command.RunAsync(["volume", "force", .. options]);
        var still = await Command.RunAsync("zero", "--region", $"vol:{PathOf("c")}@0+8");
        var forced = await Command.RunAsync(["volume", "force", .. options, "--force", "--json"]);
        var opened = await Command.RunAsync("zero", "--region", $"vol:{PathOf("c")},{PathOf("b")}@0+8");
        var status = await Command.RunAsync(["volume", "status", .. Legs("b", "c"), "--json"]);

        Assert.Equal((2, 2, 2), (refused.ExitCode, asked.ExitCode, still.ExitCode));
        Assert.Contains("give --force", asked.Error);
        Assert.True(forced.ExitCode == 0, forced.ToString());
        Assert.Equal(PathOf("c"), forced.Json.GetProperty("source").GetString());
        Assert.Equal(0, opened.ExitCode);
        Assert.Contains($"'{PathOf("b")}' is not used: the volume was forced without it.", opened.Error);
        Assert.Equal(
            ["InSync", "Forked"],
            status.Json.GetProperty("legs").EnumerateArray().Select(leg => leg.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Volumes_that_were_forced_apart_are_listed_with_the_reason()
    {
        await Command.RunAsync(["volume", "force", .. Legs("a"), "--force"]);
        await Command.RunAsync(["volume", "force", .. Legs("b"), "--force"]);
        var list = await Command.RunAsync("volume", "list", PathOf("a"), PathOf("b"), "--json");
        Assert.True(list.ExitCode == 0, list.ToString());
        var others = list.Json.GetProperty("others").EnumerateArray().ToArray();
        Assert.Equal(2, others.Length);
        Assert.Contains("lineages that do not come from each other", others[0].GetProperty("reason").GetString());
    }

    private void Rot(string leg)
    {
        using var file = new FileStream(PathOf(leg), FileMode.Open, FileAccess.Write);
        file.Position = Rotten;
        file.WriteByte(99);
    }

    private string[] Legs(params string[] names) => [.. names.SelectMany(name => new[] { "--leg", PathOf(name) })];

    private string PathOf(string name) => directory.PathOf(name);
}
