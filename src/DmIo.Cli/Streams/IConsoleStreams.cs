using DmIo.Native;

namespace DmIo.Cli;

/// <summary>What the command has of the outside world: the three standard streams, word of Ctrl-C, and the
/// time.</summary>
internal interface IConsoleStreams
{
    /// <summary>Text on standard output. Nothing goes there when standard output carries data.</summary>
    TextWriter Output { get; }

    /// <summary>Text on standard error.</summary>
    TextWriter Error { get; }

    /// <summary>Standard input is no terminal.</summary>
    bool IsInputRedirected { get; }

    /// <summary>Standard output is no terminal.</summary>
    bool IsOutputRedirected { get; }

    /// <summary>The file or block device that standard output is; null: it is neither.</summary>
    FileIdentity? OutputFile { get; }

    /// <summary>The same of standard error.</summary>
    FileIdentity? ErrorFile { get; }

    /// <summary>Standard error is a terminal, where a progress bar may be drawn.</summary>
    bool IsErrorTerminal { get; }

    /// <summary>Cancelled at Ctrl-C and at SIGTERM: finish what is in flight, and end.</summary>
    CancellationToken Interrupted { get; }

    /// <summary>What waits are measured by.</summary>
    TimeProvider Clock { get; }

    /// <summary>Standard input as bytes.</summary>
    /// <exception cref="RefusedException">Standard input is closed.</exception>
    Stream OpenInput();

    /// <summary>Standard output as bytes.</summary>
    /// <exception cref="RefusedException">Standard output is closed.</exception>
    Stream OpenOutput();
}
