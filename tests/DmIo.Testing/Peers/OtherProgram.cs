using Xunit;

namespace DmIo.Testing.Peers;

/// <summary>One run of another program, to its end. What it says is the result; what it says when it fails is the
/// failure of the test.</summary>
internal static class OtherProgram
{
    /// <summary>What Python scripts need to say that a call must fail, and how.</summary>
    private const string Prelude = """
        import nbd
        def fails(error, call, *args, **named):
            try:
                call(*args, **named)
            except nbd.Error as failure:
                assert failure.errno == error, f"{error} was due, and it said {failure}"
                return failure.string
            raise AssertionError(f"{error} was due, and it went well")

        """;

    /// <summary>It has to succeed.</summary>
    internal static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, said) = await PeerProcess.RunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}: {said}");
        return said;
    }

    /// <summary>It has to fail.</summary>
    internal static async Task<string> FailAsync(string program, params string[] arguments)
    {
        var (exitCode, said) = await PeerProcess.RunAsync(program, arguments);
        Assert.True(exitCode != 0, $"{program} {string.Join(' ', arguments)} went well: {said}");
        return said;
    }

    /// <summary>A script for nbdsh, with <c>h</c> connected and block status agreed on, and
    /// <c>fails("EINVAL", h.pread, 512, 0)</c> at hand.</summary>
    internal static Task<string> ScriptAsync(string uri, string script) =>
        RunAsync("nbdsh", "--base-allocation", "-u", uri, "-c", Prelude + script);

    /// <summary>The same before anything is connected.</summary>
    internal static Task<string> UnconnectedScriptAsync(string script) =>
        RunAsync("nbdsh", "-c", Prelude + script);
}
