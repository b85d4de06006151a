using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Requests;

namespace DmIo.Nbd.Server;

/// <summary>
/// What a server's connections see of it. Exports and connections are written by the server's actor alone, each change
/// a new table, and read by everybody without a lock.
/// </summary>
internal sealed class ServerState(ActorSystem system, NbdServerOptions options, ILoggingAdapter log)
{
    private volatile Export[] exports = [];
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
    internal IReadOnlyList<Export> Exports => exports;

    /// <summary>Who may use these only sees no others; null: all.</summary>
    internal IReadOnlyList<OfferedExport> OffersFor(IReadOnlyCollection<string>? allowed) =>
        [.. exports.Select(export => export.Offer).Where(offer => allowed?.Contains(offer.Name) ?? true)];

    internal Export? Find(OfferedExport offer) =>
        Array.Find(exports, export => ReferenceEquals(export.Offer, offer));

    /// <summary>The server's actor only.</summary>
    internal void Set(IEnumerable<Export> all) =>
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
