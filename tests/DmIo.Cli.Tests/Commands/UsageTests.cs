using DmIo.Cli.Exit;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>Wrong usage: exit code 2, one line on standard error with the fix, nothing on standard
/// output.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "dmio --help")]
    [InlineData("bogus", "'bogus'")]
    [InlineData("write", "--region")]
    [InlineData("write --region", "--region")]
    [InlineData("write --region disk", "there is no '@'")]
    [InlineData("write --region @5", "names no device")]
    [InlineData("write --region disk@-1", "'-1'")]
    [InlineData("write --region disk@0+x", "'x'")]
    [InlineData("write --region mem:4KiB@0 --bogus", "'--bogus'")]
    [InlineData("write --region mem:4KiB@0 --memory heap", "pages, bvec, vm")]
    [InlineData("write --region mem:4KiB@0 --mode soon", "async, sync")]
    [InlineData("write --region mem:4KiB@0 --device-mode own", "auto, inline, ring, threads")]
    [InlineData("write --region mem:4KiB@0 --pages 0", "'0'")]
    [InlineData("write --region mem:4KiB@0 --pages many", "'many'")]
    [InlineData("write --region mem:4KiB@0 --chunk 1x", "'1x'")]
    [InlineData("write --region mem:4KiB@0 --chunk 1000", "4096")]
    [InlineData("write --region mem:4KiB@0 --pages 4 --chunk 1MiB", "--pages 4")]
    [InlineData("write --region mem:4KiB@0 --create ten", "'ten'")]
    [InlineData("write --region mem:4KiB@0 --create 1000", "512")]
    [InlineData("write --region mem:4KiB@0 --from no-such-file", "no-such-file")]
    [InlineData("write --region no-such-file@0", "--create")]
    [InlineData("write --region mem:many@0", "mem:64MiB")]
    [InlineData("write --region mem:100@0", "512")]
    [InlineData("write --region null:0@0", "512")]
    [InlineData("write --region mem:4KiB@0 --region mem:4KiB@7", "overlap")]
    [InlineData("read --region mem:4KiB@0 --region mem:4KiB@4", "exactly one region")]
    [InlineData("read --region mem:4KiB@9", "8 sectors")]
    [InlineData("read --region no-such-file@0", "no-such-file")]
    [InlineData("verify --region mem:4KiB@0", "twice")]
    [InlineData("verify --region mem:4KiB@0 --region mem:8KiB@0", "equally long")]
    [InlineData("zero --region mem:4KiB@0 --region mem:4KiB@4", "overlap")]
    [InlineData("flush --region mem:4KiB@0 --fua", "'--fua'")]
    [InlineData("devices", "--config")]
    [InlineData("devices --config no-such-file", "no-such-file")]
    [InlineData("bench --region mem:4KiB@0", "--operation")]
    [InlineData("bench --region mem:4KiB@0 --operation delete", "randread, randwrite, read, write, randrw")]
    [InlineData("bench --region mem:4KiB@0 --operation read --block-size 1000", "512")]
    [InlineData("bench --region mem:4KiB@0 --operation read --block-size 8KiB", "8 sectors")]
    [InlineData("bench --region mem:4KiB@8 --operation read", "0 sectors")]
    [InlineData("bench --region mem:4KiB@4+8 --operation read", "8 sectors")]
    [InlineData("bench --region mem:4KiB@0 --region mem:4KiB@7 --operation write", "overlap")]
    [InlineData("bench --region mem:4KiB@0 --operation read --depth 0", "'0'")]
    [InlineData("bench --region mem:4KiB@0 --operation read --duration 3", "500ms")]
    [InlineData("bench --region mem:4KiB@0 --operation read --by post", "tell, ask, client")]
    [InlineData("bench --region mem:4KiB@0 --operation read --duration 1s --requests 1", "--requests")]
    [InlineData("bench --region mem:4KiB@0 --operation read --depth 65536 --leases 2", "65536")]
    [InlineData("bench --region mem:4KiB@0 --operation read --own", "--spread")]
    [InlineData("bench --region mem:4KiB@0 --operation randread --fua", "only reads")]
    [InlineData("bench --region no-such-file@0 --operation read", "no-such-file")]
    public async Task It_is_refused_in_one_line_that_names_the_error(string arguments, string named)
    {
        var result = await Command.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(named, result.Error);
        Assert.StartsWith("dmio", result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("read --region mem:4KiB@0 --to .", "it is a directory")]
    [InlineData("write --region mem:4KiB@0 --from .", "it is a directory")]
    [InlineData("devices --config .", "it is a directory")]
    [InlineData("devices nbd+unix:///x?socket=/no/such.sock", "there is no socket '/no/such.sock'")]
    public async Task The_refusal_of_a_path_has_the_reason(string arguments, string named)
    {
        var result = await Command.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(named, result.Error);
    }

    [Theory]
    [InlineData("bogus --json")]
    [InlineData("write --json")]
    [InlineData("write --region disk --json")]
    [InlineData("write --region no-such-file@0 --json")]
    [InlineData("read --region mem:4KiB@9 --to no-such-directory/file --json")]
    [InlineData("verify --region mem:4KiB@0 --json")]
    [InlineData("devices --json")]
    [InlineData("bench --region mem:4KiB@0 --json")]
    [InlineData("serve --export a=no-such-file --json")]
    [InlineData("top --socket no-such-socket --json")]
    [InlineData("volume create v --leg mem:1MiB --json")]
    [InlineData("volume status --leg mem:4MiB --json")]
    [InlineData("volume dump no-such-file --json")]
    public async Task With_json_a_refusal_is_json_too(string arguments)
    {
        var result = await Command.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        var reason = result.Json.GetProperty("refused").GetString()!;
        Assert.Contains(reason, result.Error);
        Assert.Single(result.Json.EnumerateObject());
    }

    [Fact]
    public async Task With_json_and_data_on_standard_output_a_refusal_is_on_standard_error()
    {
        var result = await Command.RunAsync("read", "--region", "mem:4KiB@9", "--json");

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("{\"refused\":\"", result.Error);
    }

    [Theory]
    [InlineData("devices", "")]
    [InlineData("read", "--region", "mem:4KiB@0", "--to", "")]
    [InlineData("write", "--region", "mem:4KiB@0", "--from", "")]
    [InlineData("serve", "--export", "a=mem:1MiB", "--unix", "")]
    public async Task An_empty_path_is_refused(params string[] arguments)
    {
        var result = await Command.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("''", result.Error);
    }

    [Theory]
    [InlineData("devices", "a\0b")]
    [InlineData("write", "--region", "a\0b@0", "--create", "4KiB")]
    [InlineData("read", "--region", "mem:4KiB@0", "--to", "a\0b")]
    [InlineData("write", "--region", "mem:4KiB@0", "--from", "a\0b")]
    [InlineData("devices", "--config", "a\0b")]
    public async Task A_path_with_a_null_character_is_refused(params string[] arguments)
    {
        var result = await Command.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("unexpected", result.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("write")]
    [InlineData("read")]
    [InlineData("verify")]
    [InlineData("flush")]
    [InlineData("discard")]
    [InlineData("zero")]
    [InlineData("devices")]
    [InlineData("bench")]
    [InlineData("serve")]
    [InlineData("top")]
    [InlineData("volume")]
    [InlineData("volume create")]
    [InlineData("volume status")]
    [InlineData("volume dump")]
    public async Task Every_command_has_help_with_examples(string command)
    {
        var result = await Command.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Examples:", result.Output);
        Assert.Contains($"dmio {command}".Trim(), result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Data_is_not_written_to_a_terminal_without_an_option()
    {
        using var terminal = new TestStreams { IsOutputRedirected = false };

        var result = await Command.RunAsync(terminal, "read", "--region", "mem:4KiB@0");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--to", result.Error);
    }

    [Fact]
    public async Task Data_is_not_read_from_a_terminal_without_an_option()
    {
        using var terminal = new TestStreams { IsInputRedirected = false };

        var result = await Command.RunAsync(terminal, "write", "--region", "mem:4KiB@0");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--from", result.Error);
    }

    [Fact]
    public async Task With_v_a_refusal_has_a_stack_trace()
    {
        var result = await Command.RunAsync("read", "--region", "no-such-file@0", "-v");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(nameof(RefusedException), result.Error);
    }
}
