namespace DmIo.Cli;

/// <summary>What <c>--json</c> prints where a command has no result: one of the three is there.</summary>
internal sealed record FaultReport
{
    /// <summary>Why nothing was begun (exit code 2), in one line.</summary>
    public string? Refused { get; init; }

    /// <summary>What broke it off (exit code 1), in one line.</summary>
    public string? Failed { get; init; }

    /// <summary>True where the user ended it before anything was begun (exit code 130).</summary>
    public bool? Interrupted { get; init; }

    internal static FaultReport Of(string message, bool isRefused) =>
        isRefused ? new FaultReport { Refused = message } : new FaultReport { Failed = message };
}
