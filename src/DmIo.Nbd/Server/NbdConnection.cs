using Akka.Event;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Handshake;
using DmIo.Nbd.Server.Requests;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// One connection of a client, from the accepted socket to its end. A connection ends after all its requests, and after
/// its memory was returned.
/// <code>
///   handshake --export chosen--> requests --disconnect, Drain, Abort--> requests in flight --all answered--> ended
///       +-------refused, Abort---------------------------------------------------------------------------------^
/// </code>
/// Failed requests are logged in the server's log, with the number of the connection and of the error.
/// </summary>
internal sealed class NbdConnection : IExportDirectory, IRequestErrorLog
{
    private static long lastId;

    private readonly ServerState server;
    private readonly SocketTransport socket;
    private readonly ConnectionCounters counters;
    private readonly long acceptedAt;
    private volatile NbdTransport transport;
    private volatile ServedExport? served;
    private volatile IReadOnlyCollection<string>? allowed;
    private volatile InFlightRequests? inFlight;
    private volatile SendQueue? sendQueue;
    private volatile MemoryShare? share;
    private volatile string? reason;
    private string? subject;
    private string? refusal;

    internal NbdConnection(ServerState server, SocketTransport socket)
    {
        this.server = server;
        this.socket = socket;
        transport = socket;
        counters = new ConnectionCounters(server.Time);
        acceptedAt = server.Time.GetTimestamp();
        Id = Interlocked.Increment(ref lastId);
    }

    internal long Id { get; }

    internal string Peer => transport.Peer;

    /// <summary>The peer with the subject of its certificate, for logs.</summary>
    private string Client => subject is null ? Peer : $"{Peer} ('{subject}')";

    bool IExportDirectory.IsClosing => server.IsClosing;

    IReadOnlyList<OfferedExport> IExportDirectory.Exports => server.OffersFor(allowed);

    bool IExportDirectory.IsDenied(string export) => allowed is { } names && server.OffersFor(null).Any(offer =>
        (string.Equals(offer.Name, export, StringComparison.Ordinal) || (export.Length == 0 && offer.IsDefault))
        && !names.Contains(offer.Name));

    bool IExportDirectory.TryOpen(OfferedExport offer)
    {
        if (server.Find(offer) is not { } found || !found.TryAdd(this))
        {
            return false;
        }

        served = found;
        return true;
    }

    string IRequestErrorLog.Log(in RequestHeader request, NbdError error, in IoStatus status)
    {
        var number = counters.Failed();
        var id = $"nbd-{Id}.{number}";
        var message = status.Failure?.Message ?? status.ToString();
        const string format = "{0}: {1} at offset {2} of '{3}' failed with {4}: {5}";
        object[] arguments =
        [
            id,
            $"{request.Command} of {request.LengthBytes} bytes for {Peer}",
            request.Offset,
            served!.Offer.Name,
            $"{NbdErrors.NameOf(error)} ({status.Code})",
            message,
        ];
        if (number <= server.Limits.LoggedErrors)
        {
            server.Log.Warning(format, arguments);
        }
        else
        {
            server.Log.Debug(format, arguments);
        }

        return $"{message} [{id}]";
    }

    void IRequestErrorLog.AbortConnection(in RequestHeader request, in IoStatus status) => Abort(
        $"{request.Command} of {request.LengthBytes} bytes at offset {request.Offset} failed after its reply was "
        + $"started: {status}");

    /// <summary>Runs the connection until it has ended and no request is in flight. Does not throw.</summary>
    internal async Task RunAsync()
    {
        var end = "The client closed the connection.";
        try
        {
            end = await ServeAsync().ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            end = $"The connection failed: {fault.Message}";
        }
        catch (Exception fault)
        {
            // A failure in one connection must not end another connection, or the server.
            server.Log.Error(fault, "nbd-{0}: the connection of {1} is aborted after an internal error", Id, Peer);
            Abort($"The server failed: {fault.Message}");
        }

        await (inFlight?.EmptyAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        share?.Close();
        await transport.DisposeAsync().ConfigureAwait(false);
        var isAborted = reason is not null;
        end = reason ?? end;
        if (served is { } used)
        {
            server.Log.Info("nbd-{0}: {1} disconnected from '{2}': {3}", Id, Peer, used.Offer.Name, end);
            server.Publish(new NbdServerEvents.ClientDisconnected(Id, Peer, used.Offer.Name, end));
            used.Remove(this);
        }
        else if (!isAborted && refusal is { } why)
        {
            server.Refusals.Warn($"nbd-{Id}: {Client} is refused: {why}");
        }
        else
        {
            server.Log.Info("nbd-{0}: {1} disconnected without using an export: {2}", Id, Client, end);
        }
    }

    /// <summary>Receives no more requests, answers those in flight, then ends.</summary>
    internal void Drain(string why)
    {
        reason ??= why;
        transport.EndReceiving();
    }

    /// <summary>Closes the connection immediately. Requests in flight complete without an answer.</summary>
    internal void Abort(string why)
    {
        reason ??= why;
        share?.Close();
        transport.Abort();
    }

    /// <summary>Aborts the connection if it has exceeded a time limit.</summary>
    internal void CheckTimeouts(long now)
    {
        var limits = server.Limits;
        if (served is null)
        {
            AbortAfter(limits.Handshake, acceptedAt, now, "The handshake took longer than");
            return;
        }

        if (sendQueue?.StalledSince(now) is > 0 and var stalled)
        {
            AbortAfter(limits.Send, stalled, now, "The client received no reply data for");
        }

        if (counters.ReceivingSince is > 0 and var receiving)
        {
            AbortAfter(limits.Receive, receiving, now, "The client sent no more data of an incomplete request for");
        }

        if (limits.Idle is { } idle && inFlight?.Count == 0)
        {
            AbortAfter(idle, counters.LastReceived, now, "The client sent no request for");
        }
    }

    internal NbdConnectionStatus Status() => new(
        Id,
        Peer,
        served?.Offer.Name,
        transport is TlsTransport,
        inFlight?.Count ?? 0,
        counters.Requests,
        counters.Errors,
        counters.ReadBytes,
        counters.WrittenBytes);

    private void AbortAfter(TimeSpan limit, long from, long now, string what)
    {
        if (server.Time.GetElapsedTime(from, now) > limit)
        {
            server.Log.Warning("nbd-{0}: the connection of {1} is closed: {2} {3}", Id, Peer, what, limit);
            Abort($"{what} {limit}.");
        }
    }

    private async Task<string> ServeAsync()
    {
        var haggling = new OptionHaggling(this, PolicyOf(server.Tls?.Mode), (int)server.Limits.OptionSize.Bytes);
        (NbdTransport Transport, ReadOnlyMemory<byte> Early)? agreed;
        try
        {
            agreed = await HandshakeDriver.RunAsync(socket, haggling, StartTlsAsync).ConfigureAwait(false);
        }
        finally
        {
            refusal ??= haggling.Refusal
                ?? (allowed is { Count: 0 } ? "no export is allowed for its certificate." : null);
        }

        if (agreed is not { } connected)
        {
            return "The client closed the connection during the handshake.";
        }

        var export = served!.Export;
        server.Log.Info("nbd-{0}: {1} connected to '{2}'", Id, Client, export.Offer.Name);
        server.Publish(new NbdServerEvents.ClientConnected(Id, Peer, export.Offer.Name));
        return await NewLoop(export, haggling).RunAsync(connected.Early).ConfigureAwait(false);
    }

    private RequestLoop NewLoop(Export export, OptionHaggling agreed)
    {
        ReplyWriter? replies = null;
        var requests = new InFlightRequests(
            server.Limits.RequestsInFlight, () => new NbdRequest(export, replies!));
        var sender = new SendQueue(
            transport, requests, server.Time, fault => Abort($"Sending replies failed: {fault}"));
        replies = new ReplyWriter(sender, agreed.HasStructuredReplies, this);
        inFlight = requests;
        sendQueue = sender;
        share = new MemoryShare(export.Memory);
        if (reason is not null)
        {
            // The connection was aborted before there was a share to close.
            share.Close();
        }

        var check = new RequestCheck(export.Offer, agreed.HasStructuredReplies, agreed.HasBlockStatus);
        return new RequestLoop(transport, export.Offer, share, requests, counters, check);
    }

    private async Task<NbdTransport> StartTlsAsync()
    {
        try
        {
            var client = await server.Tls!.AcceptAsync(socket).ConfigureAwait(false);
            transport = client.Transport;
            subject = client.Subject;
            allowed = client.Exports;
            return client.Transport;
        }
        catch (IOException fault)
        {
            refusal = fault.Message;
            throw;
        }
    }

    private static TlsPolicy PolicyOf(NbdTlsMode? mode) => mode switch
    {
        null => TlsPolicy.None,
        NbdTlsMode.Offered => TlsPolicy.Offered,
        _ => TlsPolicy.Required,
    };
}
