using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// How a region ended, in the words of the output: the service's status codes, and two words of the command's own.
/// </summary>
internal sealed record RegionOutcome(string Status, string? Message = null, int Errno = 0)
{
    internal static RegionOutcome Ok { get; } = new(nameof(IoStatusCode.Ok));

    internal bool IsOk => Status == Ok.Status;

    internal bool IsUnsupported => Status == nameof(IoStatusCode.Unsupported);

    /// <summary>It was stopped by the user, or since there was no more to be had from the input.</summary>
    internal static RegionOutcome Stopped(string message) => new(nameof(IoStatusCode.Stopped), message);

    internal static RegionOutcome OutOfRange(string message) => new(nameof(IoStatusCode.OutOfRange), message);

    /// <summary>The input ended before the region was full.</summary>
    internal static RegionOutcome ShortInput(string message) => new("ShortInput", message);

    /// <summary>The region does not hold what it is compared with.</summary>
    internal static RegionOutcome Different(string message) => new("Different", message);

    internal static RegionOutcome Of(in IoStatus status) =>
        new(status.Code.ToString(), status.Failure?.Message, status.Failure?.Errno ?? 0);
}
