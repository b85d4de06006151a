using DmIo.Cli.Tests.Support;
using DmIo.Native;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>The output, the input and the configuration of a command must not be one of its devices, by any path. The
/// command is refused and changes no file.</summary>
[Collection("service")]
public sealed class SameFileTests : IDisposable
{
    private const int Seed = 1234;

    private readonly TempDirectory directory = new();
    private readonly byte[] content;

    public SameFileTests()
    {
        Directory.CreateDirectory(PathOf("dir"));
        directory.Fill("dir/a.img", 8192, Seed);
        content = directory.Read("dir/a.img");
        Directory.CreateSymbolicLink(PathOf("dlink"), PathOf("dir"));
    }

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("dir/a.img")]
    [InlineData("dlink/a.img")]
    [InlineData("dir/../dlink/./a.img")]
    public async Task The_output_is_not_the_source_by_a_path_through_links(string to)
    {
        var result = await Command.RunAsync("read", "--region", $"{PathOf("dir/a.img")}@0+8", "--to", PathOf(to));

        AssertRefused(result);
    }

    [PeerFact("ln")]
    public async Task The_output_is_not_the_source_by_a_hard_link_or_another_root()
    {
        using (var link = DmioProcess.StartOther("ln", PathOf("dir/a.img"), PathOf("hard.img")))
        {
            await link.EndAsync();
        }

        foreach (var to in new[] { PathOf("hard.img"), $"/proc/self/root{PathOf("dir/a.img")}" })
        {
            var result = await Command.RunAsync("read", "--region", $"{PathOf("dir/a.img")}@0+8", "--to", to);

            AssertRefused(result);
            Assert.Contains(to, result.Error);
        }
    }

    [BindMountFact]
    public async Task The_output_is_not_the_source_by_the_working_directory_or_a_bind_mount()
    {
        var result = await DmioProcess.RunAsync(directory, """
            mkdir bound
            unshare --mount sh -c 'mount --bind dir bound
                dmio read --region dir/a.img@0+8 --to bound/a.img; echo $?
                dmio read --region dir/a.img@0+8 --to /proc/self/cwd/dir/a.img; echo $?'
            """);

        Assert.Equal("2\n2\n", result.Output);
        Assert.Equal(2, result.Error.Split("are one file").Length - 1);
        Assert.Equal(content, directory.Read("dir/a.img"));
    }

    [Fact]
    public async Task The_output_is_not_a_configured_device_even_if_it_is_read_only()
    {
        var config = Config("read-only = on");

        var named = await Command.RunAsync(
            "read", "--region", "left@0+8", "--to", PathOf("dlink/a.img"), "--config", config);
        var unnamed = await Command.RunAsync(
            "read", "--region", "mem:4KiB@0", "--to", PathOf("dlink/a.img"), "--config", config);

        AssertRefused(named);
        AssertRefused(unnamed);
        Assert.Contains("'left'", unnamed.Error);
    }

    [Fact]
    public async Task The_output_is_not_the_configuration()
    {
        var config = directory.Write("dmio.conf", "dmio.pool.max-pages = 100000");
        File.CreateSymbolicLink(PathOf("link.conf"), config);

        var result = await Command.RunAsync(
            "read", "--region", "mem:4KiB@0", "--to", PathOf("link.conf"), "--config", config);

        AssertRefused(result);
        Assert.Equal("dmio.pool.max-pages = 100000", File.ReadAllText(config));
    }

    [Fact]
    public async Task The_configuration_is_not_a_device()
    {
        var config = directory.Write("dmio.conf", $"dmio.pool.max-pages = 4096 # {new string('x', 2000)}");
        var before = File.ReadAllText(config);
        using var streams = new TestStreams { Input = new MemoryStream(new byte[512]) };

        var result = await Command.RunAsync(streams, "write", "--region", $"{config}@0", "--config", config);

        AssertRefused(result);
        Assert.Equal(before, File.ReadAllText(config));
    }

    [Fact]
    public async Task The_input_is_not_a_written_device()
    {
        var result = await Command.RunAsync(
            "write", "--region", $"{PathOf("dir/a.img")}@4", "--region", $"{PathOf("new")}@0", "--create", "8KiB",
            "--from", PathOf("dlink/a.img"));

        AssertRefused(result);
        Assert.False(File.Exists(PathOf("new")));
    }

    [Theory]
    [InlineData("read")]
    [InlineData("verify")]
    [InlineData("flush")]
    [InlineData("devices")]
    public async Task Standard_output_is_not_a_device_of_any_command(string command)
    {
        var disk = PathOf("dir/a.img");
        using var streams = new TestStreams { OutputFile = FileIdentity.Of(PathOf("dlink/a.img")) };
        string[] other = command == "verify" ? ["--region", $"{disk}@8+4"] : [];
        string[] arguments = command == "devices"
            ? [command, disk]
            : [command, "--region", $"{disk}@0+4", .. other];

        var result = await Command.RunAsync(streams, arguments);

        AssertRefused(result);
        Assert.Contains("standard output", result.Error);
    }

    [Fact]
    public async Task Standard_error_is_not_a_device()
    {
        using var streams = new TestStreams { ErrorFile = FileIdentity.Of(PathOf("dir/a.img")) };

        var result = await Command.RunAsync(streams, "devices", "--config", Config("read-only = off"));

        Assert.Empty(result.Error);
        AssertRefused(result with { Error = result.Output, Output = result.Error });
    }

    [Fact]
    public async Task A_written_file_is_not_also_a_configured_device()
    {
        var result = await Command.RunAsync(
            "zero", "--region", $"{PathOf("dlink/a.img")}@0", "--config", Config("read-only = on"));

        AssertRefused(result);
        Assert.Contains("'left'", result.Error);
    }

    [Fact]
    public async Task Another_file_with_the_same_content_is_a_valid_output()
    {
        directory.Fill("b.img", 9000, Seed + 1);

        var result = await Command.RunAsync(
            "read", "--region", $"{PathOf("dir/a.img")}@0", "--to", PathOf("b.img"), "--config",
            Config("read-only = on"));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(content, directory.Read("b.img"));
    }

    private void AssertRefused(CommandResult result)
    {
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains("are one file", result.Error);
        Assert.Empty(result.Output);
        Assert.Equal(content, directory.Read("dir/a.img"));
    }

    private string Config(string more) => directory.Write(
        "devices.conf", $"dmio.devices.left {{ backend = file, path = \"{PathOf("dir/a.img")}\", {more} }}");

    private string PathOf(string name) => directory.PathOf(name);
}

/// <summary>Requires the permission to mount.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BindMountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public BindMountFactAttribute() => Skip = Reason.Value;

    private static string? FindReason()
    {
        if (Programs.Missing("unshare", "mount") is { } missing)
        {
            return missing;
        }

        using var attempt = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("unshare", ["--mount", "mount", "--bind", "/tmp", "/tmp"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
        var error = attempt.StandardError.ReadToEnd();
        attempt.WaitForExit();
        return attempt.ExitCode == 0 ? null : $"Nothing can be mounted here: {error.Trim()}";
    }
}
