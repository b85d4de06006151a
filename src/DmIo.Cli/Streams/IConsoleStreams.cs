using DmIo.Cli.Exit;
using DmIo.Native;

namespace DmIo.Cli.Streams;

/// <summary>The standard streams, the signals and the clock of a command. Tests replace them.</summary>
internal interface IConsoleStreams
{
    /// <summary>Standard output as text. Not used by a command that writes data there.</summary>
    TextWriter Output { get; }

    /// <summary>Standard error as text.</summary>
    TextWriter Error { get; }

    /// <summary>False: standard input is a terminal.</summary>
    bool IsInputRedirected { get; }

    /// <summary>False: standard output is a terminal.</summary>
    bool IsOutputRedirected { get; }

    /// <summary>The file or block device of standard output; null: neither.</summary>
    FileIdentity? OutputFile { get; }

    /// <summary>The file or block device of standard error; null: neither.</summary>
    FileIdentity? ErrorFile { get; }

    /// <summary>Standard error is a terminal that can show a progress bar.</summary>
    bool IsErrorTerminal { get; }

    /// <summary>Canceled by Ctrl-C and SIGTERM. The command then waits for the I/O in flight and ends.</summary>
    CancellationToken Interrupted { get; }

    TimeProvider Clock { get; }

    /// <summary>The key that was pressed on the terminal, without waiting; null: none, or no terminal.</summary>
    char? ReadKey();

    /// <summary>Standard input as bytes.</summary>
    /// <exception cref="RefusedException">Standard input is closed.</exception>
    Stream OpenInput();

    /// <summary>Standard output as bytes.</summary>
    /// <exception cref="RefusedException">Standard output is closed.</exception>
    Stream OpenOutput();
}
