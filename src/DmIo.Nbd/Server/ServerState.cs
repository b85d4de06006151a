using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server;

/// <summary>
/// What a server's connections see of it. Exports and connections are written by the server's actor alone, each change
/// a new table, and read by everybody without a lock.
/// </summary>
internal sealed class ServerState(ActorSystem system, NbdServerOptions options, ILoggingAdapter log)
{
    private volatile ServedExport[] exports = [];
    private volatile ImmutableHashSet<NbdConnection> connections = [];

    internal NbdServerLimits Limits => options.Limits;

    internal TimeProvider Time => options.Time;

    internal ILoggingAdapter Log => log;

    /// <summary>Where clients that are refused are warned of.</summary>
    internal RateLimitedLog Refusals { get; } = new(log, options.Time);

    internal ConnectionLimit ConnectionLimit { get; } = ConnectionLimit.Of(options.Limits.Connections);

    internal ServerTls? Tls { get; } = options.Tls is { } tls ? new ServerTls(tls, fault => log.Warning(fault)) : null;

    /// <summary>Nothing new is begun.</summary>
    internal bool IsClosing { get; set; }

    /// <summary>Those in the handshake too.</summary>
    internal ImmutableHashSet<NbdConnection> Connections => connections;

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<ServedExport> Exports => exports;

    /// <summary>Who may use these only sees no others; null: all.</summary>
    internal IReadOnlyList<OfferedExport> OffersFor(IReadOnlyCollection<string>? allowed) =>
        [.. exports.Select(export => export.Offer).Where(offer => allowed?.Contains(offer.Name) ?? true)];

    internal ServedExport? Find(OfferedExport offer) =>
        Array.Find(exports, export => ReferenceEquals(export.Offer, offer));

    /// <summary>The server's actor only.</summary>
    internal void Set(IEnumerable<ServedExport> all) =>
        exports = [.. all.OrderBy(export => export.Offer.Name, StringComparer.Ordinal)];

    /// <summary>The server's actor only.</summary>
    internal void Add(NbdConnection connection) => connections = connections.Add(connection);

    /// <summary>The server's actor only.</summary>
    internal void Remove(NbdConnection connection) => connections = connections.Remove(connection);

    internal NbdServerStatus Status() => new(
        [.. exports.Select(export => export.Status())],
        [.. connections.OrderBy(connection => connection.Id).Select(connection => connection.Status())]);

    internal void Publish(NbdServerEvents.NbdServerEvent news) => system.EventStream.Publish(news);
}

/// <summary>
/// Warnings that clients can cause without end, as those of refused connections. <see cref="Burst"/> of them are
/// logged at once, and one more for each <see cref="Interval"/>; those in between are logged for debugging, and the
/// next warning says how many they were. Any thread.
/// </summary>
internal sealed class RateLimitedLog(ILoggingAdapter log, TimeProvider time)
{
    internal const int Burst = 20;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private long since = time.GetTimestamp();
    private int left = Burst;
    private int passed;

    internal void Warn(string message)
    {
        int unsaid;
        lock (gate)
        {
            Refill();
            if (left == 0)
            {
                passed++;
                log.Debug("{0}", message);
                return;
            }

            left--;
            unsaid = passed;
            passed = 0;
        }

        if (unsaid > 0)
        {
            log.Warning("{0} ({1} more such warnings before it were left out)", message, unsaid);
        }
        else
        {
            log.Warning("{0}", message);
        }
    }

    private void Refill()
    {
        var intervals = (long)(time.GetElapsedTime(since) / Interval);
        if (intervals > 0)
        {
            left = (int)Math.Min(Burst, left + intervals);
            since = time.GetTimestamp();
        }
    }
}
