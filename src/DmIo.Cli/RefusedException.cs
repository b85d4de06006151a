namespace DmIo.Cli;

/// <summary>
/// The command is not begun (exit code 2). The message is one line that names the value, the limit and the fix.
/// </summary>
internal sealed class RefusedException : Exception
{
    internal RefusedException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
