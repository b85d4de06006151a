namespace DmIo.Actors;

/// <summary>How long a configured device holds operations back before its backend gets them.</summary>
internal sealed record DelaySettings
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    internal required TimeSpan Read { get; init; }

    /// <summary>Of writes, discards and zeroes.</summary>
    internal required TimeSpan Write { get; init; }

    internal required TimeSpan Flush { get; init; }

    internal bool IsNone => Read == default && Write == default && Flush == default;

    internal static DelaySettings From(SettingsReader reader)
    {
        var settings = new DelaySettings
        {
            Read = reader.Duration("read", Longest),
            Write = reader.Duration("write", Longest),
            Flush = reader.Duration("flush", Longest),
        };
        reader.RefuseTheRest();
        return settings;
    }
}
