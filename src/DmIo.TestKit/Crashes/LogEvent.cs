namespace DmIo.TestKit.Crashes;

/// <summary>The kind of an event in a <see cref="WriteLog"/>.</summary>
internal enum LogEventKind
{
    Issued,
    Ended,
    Marked,
}

/// <summary>One event; its time is its position in the log.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Operation">The operation that was issued or ended.</param>
/// <param name="Mark">The text of a mark.</param>
internal readonly record struct LogEvent(LogEventKind Kind, LoggedOperation? Operation, string? Mark)
{
    public override string ToString() => Kind switch
    {
        LogEventKind.Issued => $"issued {Operation}",
        LogEventKind.Ended => Operation!.IsFailed ? $"FAILED {Operation}" : $"done   {Operation}",
        _ => $"mark   \"{Mark}\"",
    };
}
