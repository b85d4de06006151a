using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>The built command as a process: pipes, exit codes, signals, and the examples of its help.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Seed = 99;

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

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
    public async Task The_examples_of_the_help_succeed(string command)
    {
        var help = await Command.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        var examples = help.Output[(help.Output.IndexOf("Examples:", StringComparison.Ordinal) + "Examples:".Length)..];

        var result = await DmioProcess.RunAsync(directory, $"set -o pipefail\n{examples}");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("dmio", examples);
        Assert.DoesNotContain("dmio ", result.Error);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("-v", "INF mem:4KiB: memory, 8 sectors")]
    [InlineData("-vv", "DBG ")]
    public async Task Logging_goes_to_standard_error_and_is_quiet_by_default(string verbosity, string expected)
    {
        var result = await DmioProcess.RunAsync(
            directory, $"dmio flush --region mem:4KiB@0 --json {verbosity} > report");

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("{\"errors\":\"0x0\"", File.ReadAllText(directory.PathOf("report")));
        Assert.Equal(expected.Length == 0, result.Error.Length == 0);
        Assert.Contains(expected, result.Error);
    }

    [Fact]
    public async Task Data_goes_through_pipes_unchanged_in_bounded_memory()
    {
        directory.Fill("data", 20_000_000, Seed);

        var result = await DmioProcess.RunAsync(directory, """
            cat data | dmio write --region disk@5 --create 20MiB --pages 16 > report
            dmio read --region disk@5+39063 --pages 16 | head -c 20000000 | cmp - data
            """);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("last sector padded with 256 zero bytes", File.ReadAllText(directory.PathOf("report")));
    }

    [Fact]
    public async Task Standard_output_shared_with_other_commands_stays_in_order()
    {
        directory.Fill("disk", 4096, Seed);

        var result = await DmioProcess.RunAsync(
            directory, "{ printf before; dmio read --region disk@1+2; printf after; } > out");

        Assert.True(result.ExitCode == 0, result.ToString());
        byte[] expected = [.. "before"u8, .. directory.Read("disk")[512..1536], .. "after"u8];
        Assert.Equal(expected, directory.Read("out"));
    }

    [Fact]
    public async Task A_closed_pipe_ends_a_read_with_a_clear_error()
    {
        var result = await DmioProcess.RunAsync(
            directory, "{ dmio read --region null:64GiB@0 || echo $? > code; } | head -c 10 > /dev/null");

        Assert.Equal("1\n", File.ReadAllText(directory.PathOf("code")));
        Assert.Contains("cannot write standard output", result.Error);
    }

    [Fact]
    public async Task A_full_disk_ends_a_read_with_a_clear_error()
    {
        var result = await DmioProcess.RunAsync(directory, "dmio read --region null:1MiB@0 --to /dev/full");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("No space left", result.Error);
    }

    [Theory]
    [InlineData("nonsense", 2)]
    [InlineData("read --region no-such-file@0 --to x", 2)]
    [InlineData("flush --region mem:4KiB@0 -vv", 0)]
    public async Task A_full_standard_error_changes_no_exit_code(string arguments, int exitCode)
    {
        var result = await DmioProcess.RunAsync(directory, $"dmio {arguments} 2> /dev/full");

        Assert.True(result.ExitCode == exitCode, result.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("--json")]
    [InlineData("--progress --chunk 4KiB")]
    public async Task A_full_standard_output_is_reported_after_a_successful_write(string how)
    {
        directory.Fill("data", 8192, Seed);

        var result = await DmioProcess.RunAsync(
            directory, $"dmio write --region disk@0 --from data --create 8KiB {how} > /dev/full");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cannot write to standard output: No space left on device", result.Error);
        Assert.Contains("the errors of the regions are 0x0", result.Error);
        Assert.DoesNotContain("unexpected", result.Error);
        Assert.Equal(directory.Read("data"), directory.Read("disk"));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("devices mem:4KiB")]
    [InlineData("devices nonsense --json")]
    public async Task Help_and_reports_on_a_full_standard_output_fail(string arguments)
    {
        var result = await DmioProcess.RunAsync(directory, $"dmio {arguments} > /dev/full");

        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("unexpected", result.Error);
    }

    [Fact]
    public async Task A_closed_pipe_ends_an_endless_command()
    {
        var result = await DmioProcess.RunAsync(directory, """
            dmio bench --region mem:1MiB@0 --operation read --duration 1h --monitor socket > report & bench=$!
            until test -S socket || ! kill -0 $bench; do sleep 0.1; done
            { dmio top --node socket --interval 100ms || echo $? > code; } | head -n 1 > /dev/null
            kill $bench; wait $bench || true
            """);

        Assert.Equal("1\n", File.ReadAllText(directory.PathOf("code")));
        Assert.Contains("dmio top: cannot write to standard output: Broken pipe", result.Error);
    }

    [Theory]
    [InlineData("write --region disk@0 0<&-", "dmio write: standard input is closed; give --from FILE.")]
    [InlineData("write --region disk@0 --from - 0<&-", "dmio write: standard input is closed; give --from FILE.")]
    [InlineData("write --region disk@0 0< .", "dmio write: standard input is a directory; give --from FILE.")]
    [InlineData("read --region disk@0 1>&-", "dmio read: standard output is closed; give --to FILE.")]
    [InlineData("read --region disk@0 0<&- 1>&-", "dmio read: standard output is closed; give --to FILE.")]
    public async Task A_standard_stream_that_cannot_be_used_is_refused(string command, string printed)
    {
        directory.Fill("disk", 4096, Seed);
        var before = directory.Read("disk");

        var result = await DmioProcess.RunAsync(directory, $"dmio {command}");

        Assert.Equal((2, printed), (result.ExitCode, result.Error.Trim()));
        Assert.Equal(before, directory.Read("disk"));
    }

    [Theory]
    [InlineData("read --region disk@0 --to /dev/fd/9", "/dev/fd/9")]
    [InlineData("read --region disk@0 --to /proc/self/fd/21", "/proc/self/fd/21")]
    [InlineData("write --region /proc/thread-self/fd/5@0 --from disk", "/proc/thread-self/fd/5")]
    [InlineData("serve --export a=/proc/self/fd/7 --unix s", "/proc/self/fd/7")]
    [InlineData("write --region disk@0 --from /dev/stdin 0<&-", "/dev/stdin")]
    [InlineData("read --region disk@0 --to /dev/stdout 1>&-", "/dev/stdout")]
    public async Task A_descriptor_that_the_process_was_not_started_with_is_refused(string command, string named)
    {
        directory.Fill("disk", 4096, Seed);

        var result = await DmioProcess.RunAsync(directory, $"dmio {command}");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($": '{named}' is closed: the process was started without this descriptor.", result.Error);
    }

    [Fact]
    public async Task A_descriptor_that_the_process_was_started_with_is_used()
    {
        directory.Fill("disk", 4096, Seed);

        var result = await DmioProcess.RunAsync(
            directory, "dmio read --region disk@0 --to /dev/fd/9 9> copy; cmp disk copy");

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Theory]
    [InlineData("0<&- 1>&-")]
    [InlineData("1>&- 2>&-")]
    [InlineData("0<&- 1>&- 2>&-")]
    public async Task Closed_standard_streams_take_no_reports_and_disturb_nothing(string closed)
    {
        directory.Fill("disk", 4096, Seed);

        var result = await DmioProcess.RunAsync(directory, $"dmio zero --region disk@0+1 {closed} || echo $?");

        Assert.Equal("1\n", result.Output);
        Assert.Equal(closed.Contains("2>&-"), result.Error.Length == 0);
        Assert.Equal(new byte[512], directory.Read("disk")[..512]);
    }

    [Theory]
    [InlineData("write --region mem:4KiB@0 --from fifo", "INT")]
    [InlineData("devices --config fifo", "TERM")]
    [InlineData("read --region mem:4KiB@0 --to fifo", "TERM")]
    public async Task A_signal_ends_the_wait_for_the_other_end_of_a_fifo(string command, string signal)
    {
        // The debugger of the .NET runtime also waits for the other end of a FIFO, before dmio handles signals.
        var result = await DmioProcess.RunAsync(directory, $$"""
            mkfifo fifo
            env --default-signal=INT DOTNET_EnableDiagnostics=0 dmio {{command}} & dmio=$!
            until cat /proc/$dmio/task/*/wchan | grep -q wait_for_partner || ! kill -0 $dmio; do sleep 0.1; done
            kill -s {{signal}} $dmio
            wait $dmio || echo $?
            """);

        Assert.Equal("130\n", result.Output);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(159)]
    public async Task A_descriptor_limit_below_what_it_needs_is_refused(int limit)
    {
        var result = await DmioProcess.RunAsync(directory, $"ulimit -n {limit}; dmio flush --region mem:4KiB@0");

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            $"dmio: this process may open {limit} descriptors (RLIMIT_NOFILE), and dmio needs at least 160; raise the "
            + "limit (ulimit -n 160).\n",
            result.Error);
    }

    [Fact]
    public async Task A_descriptor_limit_of_what_it_needs_is_enough_for_files_and_regions()
    {
        directory.Fill("data", 8192, Seed);

        var result = await DmioProcess.RunAsync(directory, """
            ulimit -n 160
            dmio write --region a@0 --region b@0 --from data --create 8KiB --json
            dmio verify --region a@0 --region b@0
            """);

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task A_configuration_can_come_from_a_pipe()
    {
        var result = await DmioProcess.RunAsync(
            directory, "dmio devices --config <(echo 'dmio.devices.disk { backend = memory, size = 4KiB }') > seen");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("disk", File.ReadAllText(directory.PathOf("seen")));
    }

    [Fact]
    public async Task A_working_directory_that_was_deleted_is_named()
    {
        var result = await DmioProcess.RunAsync(directory, """
            mkdir gone; cd gone; rmdir ../gone; PATH=$OLDPWD/.bin:$PATH
            dmio read --region disk@0 --to x || echo $?
            dmio serve --export a=mem:1MiB --unix a.sock || echo $?
            """);

        Assert.Equal("2\n2\n", result.Output);
        Assert.Contains("dmio read: there is no file 'disk'", result.Error);
        Assert.Equal(2, result.Error.Split("orking directory was deleted").Length - 1);
    }

    [Fact]
    public async Task An_unknown_option_is_exit_code_2()
    {
        var result = await DmioProcess.RunAsync(directory, "dmio write --region mem:4KiB@0 --color");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'--color'", result.Error);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_read_with_a_report_even_if_its_output_blocks(string signal)
    {
        using var process = DmioProcess.StartCommand("read", "--region", "null:1TiB@0");
        await process.ReadFirstByteAsync();

        await process.SignalAsync(signal);
        var (exitCode, error) = await process.EndUnreadAsync();

        Assert.Equal(130, exitCode);
        Assert.Contains("interrupted", error);
    }

    [Fact]
    public async Task A_signal_with_a_stuck_device_prints_a_notice_and_a_second_signal_does_not_wait()
    {
        var config = Path.Combine(AppContext.BaseDirectory, "hocon", "slow-and-stuck.conf");
        using var process = DmioProcess.StartFed(
            "write", "--config", config, "--region", "stuck@0", "--chunk", "4KiB", "--pages", "4", "--json");

        // More than the capacity of a pipe, so dmio has read some of it and submitted the first chunks.
        await process.FeedAsync(new byte[(64 + 16) << 10]);
        await process.SignalAsync("TERM");
        var printed = await process.ReadErrorLineAsync();
        await process.SignalAsync("TERM");
        var result = await process.EndAsync();

        Assert.Equal(
            "dmio write: waits for 3 requests in flight; a second Ctrl-C or SIGTERM does not wait", printed);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Empty(result.Output);
    }
}
