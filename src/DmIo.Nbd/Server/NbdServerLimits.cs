using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>The limits that a server enforces on its clients. The maximum of all times is one day; times are checked
/// about once per second. Immutable.</summary>
public sealed record NbdServerLimits
{
    /// <summary>The maximum number of connections; further connections are closed. The maximum is lower if the process
    /// cannot open enough descriptors: an eighth of RLIMIT_NOFILE, at least 32 and at most 64, is reserved. The server
    /// logs a warning if this lowers the maximum, and for clients that are refused. It does not start if there are no
    /// descriptors for a single connection.</summary>
    public int Connections { get; init; } = 1024;

    /// <summary>The time limit of the handshake, including TLS.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum size of an option's data in the handshake, 1 byte to 1 GiB. A longer option ends the
    /// connection.</summary>
    public ByteSize OptionSize { get; init; } = ByteSize.FromKiB(64);

    /// <summary>The maximum number of requests in flight of one connection. Further requests are not received until
    /// others are answered.</summary>
    public int RequestsInFlight { get; init; } = 256;

    /// <summary>The number of failed requests of one connection that are logged as warnings. Further failed requests
    /// are logged at debug level, so that a client cannot fill a disk with logs.</summary>
    public int LoggedErrors { get; init; } = 100;

    /// <summary>Closes connections that send no request for this time; null: never.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>Closes connections that send nothing of an incomplete request for this time. A slow client that keeps
    /// sending is not affected.</summary>
    public TimeSpan Receive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Closes connections that receive nothing of their replies for this time, because they hold memory of the
    /// export. A slow client that keeps receiving is not affected.</summary>
    public TimeSpan Send { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long requests in flight may take when the server or an export ends.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    private static TimeSpan MaxTime { get; } = TimeSpan.FromDays(1);

    private TimeSpan LongestTime => new[] { Handshake, Idle ?? TimeSpan.Zero, Receive, Send, Drain }.Max();

    /// <summary>The first invalid limit, as a sentence; null: the limits are valid.</summary>
    internal string? Fault() => this switch
    {
        { Connections: < 1 } => $"The connection limit is {Connections}; it must be at least 1.",
        { RequestsInFlight: < 1 } => $"The limit of requests in flight is {RequestsInFlight}; it must be at least 1.",
        { OptionSize.Bytes: < 1 or > 1 << 30 } =>
            $"The maximum option size is {OptionSize}; it must be 1 byte to 1 GiB.",
        _ when Handshake <= TimeSpan.Zero => $"The handshake timeout is {Handshake}; it must be positive.",
        _ when Idle <= TimeSpan.Zero => $"The idle timeout is {Idle}; it must be positive or null.",
        _ when Receive <= TimeSpan.Zero => $"The receive timeout is {Receive}; it must be positive.",
        _ when Send <= TimeSpan.Zero => $"The send timeout is {Send}; it must be positive.",
        _ when LongestTime > MaxTime => $"A timeout is {LongestTime}; the maximum is {MaxTime}.",
        _ when Drain < TimeSpan.Zero => $"The drain timeout is {Drain}; it must not be negative.",
        _ => null,
    };
}
