using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Cli.Exit;
using DmIo.Devices;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>--json</c> for a command without a result. Exactly one property is set.</summary>
internal sealed record FaultReport
{
    /// <summary>Why the command did not start (exit code 2), in one line.</summary>
    public string? Refused { get; init; }

    /// <summary>Why the command failed (exit code 1), in one line.</summary>
    public string? Failed { get; init; }

    /// <summary>True if the user interrupted the command before its first I/O (exit code 130).</summary>
    public bool? Interrupted { get; init; }

    internal static FaultReport Of(Exception fault) => IsRefusal(fault)
        ? new FaultReport { Refused = MessageOf(fault) }
        : new FaultReport { Failed = MessageOf(fault) };

    /// <summary>True: the exception means that the command did not touch any device.</summary>
    internal static bool IsRefusal(Exception fault) =>
        fault is RefusedException or IoRefusedException or DeviceOpenException or ConfigurationException;

    /// <summary>Writes the message in one line; with <paramref name="isDetailed"/> also the stack trace.</summary>
    internal static void Write(TextWriter writer, string command, Exception fault, bool isDetailed)
    {
        var isExpected = IsRefusal(fault) || fault is TransferFailedException;
        writer.WriteLine($"{command}: {(isExpected ? "" : "unexpected: ")}{MessageOf(fault)}");
        if (isDetailed)
        {
            writer.WriteLine(fault);
        }
        else if (!isExpected)
        {
            writer.WriteLine($"{command}: run the command with -v for details");
        }
    }

    internal static string OneLine(string message) => message.ReplaceLineEndings(" ");

    /// <summary>In a deleted working directory, the operating system reports every relative path as a missing
    /// file.</summary>
    private static string MessageOf(Exception fault)
    {
        try
        {
            _ = Environment.CurrentDirectory;
            return OneLine(fault.Message);
        }
        catch (IOException)
        {
            return $"{OneLine(fault.Message)} The working directory was deleted: change to another one, or give full "
                + "paths.";
        }
    }
}
