namespace DmIo.TestKit.Crashes;

/// <summary>What can happen in a <see cref="WriteLog"/>.</summary>
internal enum LogEventKind
{
    Issued,
    Ended,
    Marked,
}

/// <summary>One thing that happened; when, is its position in the log.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Operation">What was issued or ended.</param>
/// <param name="Mark">What the application said.</param>
internal readonly record struct LogEvent(LogEventKind Kind, LoggedOperation? Operation, string? Mark)
{
    public override string ToString() => Kind switch
    {
        LogEventKind.Issued => $"issued {Operation}",
        LogEventKind.Ended => Operation!.IsFailed ? $"FAILED {Operation}" : $"done   {Operation}",
        _ => $"mark   \"{Mark}\"",
    };
}
