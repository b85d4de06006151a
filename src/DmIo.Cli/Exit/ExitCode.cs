using DmIo.Native;

namespace DmIo.Cli.Exit;

/// <summary>The exit codes of <c>dmio</c>.</summary>
internal static class ExitCode
{
    /// <summary>Every region succeeded.</summary>
    internal const int Ok = 0;

    /// <summary>An error bit is set, or input or output failed.</summary>
    internal const int Failed = 1;

    /// <summary>Refused, or wrong usage: no device was touched.</summary>
    internal const int Refused = 2;

    /// <summary>Interrupted by Ctrl-C or SIGTERM, after the I/O in flight ended. The code of shells for
    /// SIGINT.</summary>
    internal const int Interrupted = 130;
}

/// <summary>
/// The command does not start (exit code 2). The message is one line with the invalid value, the limit and the fix.
/// </summary>
internal sealed class RefusedException : Exception
{
    internal RefusedException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>The input or output of the command failed after its first I/O (exit code 1). The message is one
/// line.</summary>
internal sealed class TransferFailedException : Exception
{
    internal TransferFailedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

/// <summary>The reason why a file cannot be opened. For a directory, .NET reports that access is denied, and for a link
/// without a target that the link does not exist, which does not lead to the fix.</summary>
internal static class FileFault
{
    internal static string Explain(Exception fault, string path) => fault switch
    {
        _ when path.Length == 0 => "the path is empty; give a file.",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory; give a file.",
        FileNotFoundException when SymbolicLink.ExplainDangling(path) is { } reason => $"{reason}; give a file.",
        _ => fault.Message,
    };
}
