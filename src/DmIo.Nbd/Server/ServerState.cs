using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server;

/// <summary>The state that a server shares with its connections. Only the server's actor changes exports and
/// connections, by replacing the table; any thread reads them without a lock.</summary>
internal sealed class ServerState(ActorSystem system, NbdServerOptions options, ILoggingAdapter log)
{
    private volatile ServedExport[] exports = [];
    private volatile ImmutableHashSet<NbdConnection> connections = [];

    internal NbdServerLimits Limits => options.Limits;

    internal TimeProvider Time => options.Time;

    internal ILoggingAdapter Log => log;

    /// <summary>Logs the clients that are refused.</summary>
    internal RateLimitedLog Refusals { get; } = new(log, options.Time);

    internal ConnectionLimit ConnectionLimit { get; } = ConnectionLimit.Of(options.Limits.Connections);

    internal ServerTls? Tls { get; } = options.Tls is { } tls ? new ServerTls(tls, fault => log.Warning(fault)) : null;

    /// <summary>The server is shutting down.</summary>
    internal bool IsClosing { get; set; }

    /// <summary>Includes connections in the handshake.</summary>
    internal ImmutableHashSet<NbdConnection> Connections => connections;

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<ServedExport> Exports => exports;

    /// <summary>The exports that a client may use; <paramref name="allowed"/> null: all.</summary>
    internal IReadOnlyList<OfferedExport> OffersFor(IReadOnlyCollection<string>? allowed) =>
        [.. exports.Select(export => export.Offer).Where(offer => allowed?.Contains(offer.Name) ?? true)];

    internal ServedExport? Find(OfferedExport offer) =>
        Array.Find(exports, export => ReferenceEquals(export.Offer, offer));

    /// <summary>Called by the server's actor only.</summary>
    internal void Set(IEnumerable<ServedExport> all) =>
        exports = [.. all.OrderBy(export => export.Offer.Name, StringComparer.Ordinal)];

    /// <summary>Called by the server's actor only. Clients that connect from now on get the larger size; the protocol
    /// cannot tell it to others.</summary>
    internal void Grow(ServiceEvents.DeviceGrown grown)
    {
        foreach (var served in exports.Where(served => served.Export.Device == grown.Name))
        {
            served.Export.Offer = served.Offer.Grown(grown.Description);
            log.Info("'{0}' is now served with {1} bytes", served.Offer.Name, served.Offer.Size.Bytes);
        }
    }

    /// <summary>Called by the server's actor only.</summary>
    internal void Add(NbdConnection connection) => connections = connections.Add(connection);

    /// <summary>Called by the server's actor only.</summary>
    internal void Remove(NbdConnection connection) => connections = connections.Remove(connection);

    internal NbdServerStatus Status() => new(
        [.. exports.Select(export => export.Status())],
        [.. connections.OrderBy(connection => connection.Id).Select(connection => connection.Status())]);

    internal void Publish(NbdServerEvents.NbdServerEvent change) => system.EventStream.Publish(change);
}

/// <summary>Limits warnings that clients can cause, such as those about refused connections. <see cref="Burst"/>
/// warnings are logged at once, and one more per <see cref="Interval"/>. The others are logged at debug level, and the
/// next warning contains their number. Thread-safe.</summary>
internal sealed class RateLimitedLog(ILoggingAdapter log, TimeProvider time)
{
    internal const int Burst = 20;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private long since = time.GetTimestamp();
    private int left = Burst;
    private int suppressed;

    internal void Warn(string message)
    {
        int suppressedBefore;
        lock (gate)
        {
            Refill();
            if (left == 0)
            {
                suppressed++;
                log.Debug("{0}", message);
                return;
            }

            left--;
            suppressedBefore = suppressed;
            suppressed = 0;
        }

        if (suppressedBefore > 0)
        {
            log.Warning("{0} ({1} earlier warnings were suppressed)", message, suppressedBefore);
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
