using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>What a server bears with from its peers. Times are a day at most, and kept to about a
/// second. Immutable.</summary>
public sealed record NbdServerLimits
{
    /// <summary>Connections at once; more are closed as they come. Fewer where the process may not have so many
    /// descriptors open: an eighth of RLIMIT_NOFILE, 64 at most, is kept free of connections. The server logs a warning
    /// of that when it starts, and of clients that are closed.</summary>
    public int Connections { get; init; } = 1024;

    /// <summary>From the connection to the end of the handshake, TLS included.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The data of one option of the handshake, 1 byte to 1 GiB; a longer one ends the connection.</summary>
    public ByteSize OptionSize { get; init; } = ByteSize.FromKiB(64);

    /// <summary>Requests of one connection at once. More are not read before others are answered.</summary>
    public int RequestsInFlight { get; init; } = 256;

    /// <summary>Failed requests of one connection that are logged as warnings. Those after them are logged for
    /// debugging, so that a client can't fill a disk with our log.</summary>
    public int LoggedErrors { get; init; } = 100;

    /// <summary>A connection that asks nothing for so long is closed; null: none is.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>A connection that begins a request and sends nothing more of it for so long is closed. One that keeps
    /// sending, however slowly, is not.</summary>
    public TimeSpan Receive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection that takes nothing of its replies for so long is closed: memory of its export is held for
    /// it. One that keeps taking them, however slowly, is not.</summary>
    public TimeSpan Send { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When the server or an export ends: how long requests in flight may take.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    private static TimeSpan MostTime { get; } = TimeSpan.FromDays(1);

    private TimeSpan Longest => new[] { Handshake, Idle ?? TimeSpan.Zero, Receive, Send, Drain }.Max();

    /// <summary>What nobody could be served under, as a sentence; null where all is well.</summary>
    internal string? Fault() => this switch
    {
        { Connections: < 1 } => $"A server has 1 or more connections, not {Connections}.",
        { RequestsInFlight: < 1 } => $"A connection has 1 or more requests in flight, not {RequestsInFlight}.",
        { OptionSize.Bytes: < 1 or > 1 << 30 } =>
            $"The options of a handshake have 1 byte to 1 GiB, not {OptionSize}.",
        _ when Handshake <= TimeSpan.Zero => $"A handshake may take some time, not {Handshake}.",
        _ when Idle <= TimeSpan.Zero => $"A connection may idle for some time, not {Idle}; null: for ever.",
        _ when Receive <= TimeSpan.Zero => $"Receiving may take some time, not {Receive}.",
        _ when Send <= TimeSpan.Zero => $"Sending may take some time, not {Send}.",
        _ when Longest > MostTime => $"A limit is {Longest}; {MostTime} is the most.",
        _ when Drain < TimeSpan.Zero => $"What is in flight may take some time, or none, not {Drain}.",
        _ => null,
    };
}
