namespace DmIo.Cli;

/// <summary>
/// The command's input or output broke off when regions had been touched already (exit code 1). The message is one
/// line.
/// </summary>
internal sealed class TransferBrokenException : Exception
{
    internal TransferBrokenException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
