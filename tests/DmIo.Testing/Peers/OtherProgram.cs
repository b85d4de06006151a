using Xunit;

namespace DmIo.Testing.Peers;

/// <summary>Runs another program to its end. Its output is the result; if it fails, its output is the message of the
/// failed test.</summary>
internal static class OtherProgram
{
    /// <summary>Defines <c>fails</c> for Python scripts, which expects an error of a call.</summary>
    private const string Prelude = """
        import nbd
        def fails(error, call, *args, **named):
            try:
                call(*args, **named)
            except nbd.Error as failure:
                assert failure.errno == error, f"{error} was due, and it printed {failure}"
                return failure.string
            raise AssertionError(f"{error} was expected, but the call succeeded")

        """;

    /// <summary>Runs a program that must succeed.</summary>
    internal static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, printed) = await PeerProcess.RunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}: {printed}");
        return printed;
    }

    /// <summary>Runs a program that must fail.</summary>
    internal static async Task<string> FailAsync(string program, params string[] arguments)
    {
        var (exitCode, printed) = await PeerProcess.RunAsync(program, arguments);
        Assert.True(exitCode != 0, $"{program} {string.Join(' ', arguments)} succeeded: {printed}");
        return printed;
    }

    /// <summary>Runs a script for nbdsh with <c>h</c> connected, block status negotiated, and <c>fails("EINVAL",
    /// h.pread, 512, 0)</c> defined.</summary>
    internal static Task<string> ScriptAsync(string uri, string script) =>
        RunAsync("nbdsh", "--base-allocation", "-u", uri, "-c", Prelude + script);

    /// <summary>Like <see cref="ScriptAsync"/>, without a connection.</summary>
    internal static Task<string> UnconnectedScriptAsync(string script) =>
        RunAsync("nbdsh", "-c", Prelude + script);
}
