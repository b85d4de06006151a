using Akka.Event;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Handshake;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// One connection, from its socket to its end. What it began is done when it ends, and its memory is back.
/// <code>
///   handshake --an export is chosen--> requests --hung up, Drain, Abort--> answers in inFlight --all sent--> ended
///       +--------sent away, Abort--------------------------------------------------------------------------^
/// </code>
/// It keeps what its requests failed with in the server's log, each under the connection's number and its own.
/// </summary>
internal sealed class NbdConnection : IExportDirectory, IRequestErrorLog
{
    private static long lastId;

    private readonly ServerState server;
    private readonly SocketTransport socket;
    private readonly ConnectionCounters counters;
    private readonly long since;
    private volatile NbdTransport transport;
    private volatile Export? export;
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
        since = server.Time.GetTimestamp();
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
        if (server.Find(offer) is not { } found || !found.TryEnter(this))
        {
            return false;
        }

        export = found;
        return true;
    }

    string IRequestErrorLog.Log(in RequestHeader request, NbdError error, in IoStatus status)
    {
        var number = counters.Failed();
        var id = $"nbd-{Id}.{number}";
        var message = status.Failure?.Message ?? status.ToString();
        const string format = "{0}: {1} at {2} of '{3}' failed with {4}: {5}";
        object[] said =
        [
            id,
            $"{request.Command} of {request.LengthBytes} bytes for {Peer}",
            request.Offset,
            export!.Offer.Name,
            $"{NbdErrors.NameOf(error)} ({status.Code})",
            message,
        ];
        if (number <= server.Limits.LoggedErrors)
        {
            server.Log.Warning(format, said);
        }
        else
        {
            server.Log.Debug(format, said);
        }

        return $"{message} [{id}]";
    }

    void IRequestErrorLog.Break(in RequestHeader request, in IoStatus status) =>
        Abort($"{request.Command} of {request.LengthBytes} bytes at {request.Offset} failed behind its header: {status}");

    /// <summary>Runs to the end, which is when nothing of it is in inFlight. Throws nothing.</summary>
    internal async Task RunAsync()
    {
        var end = "It hung up.";
        try
        {
            end = await ServeAsync().ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            end = $"It broke: {fault.Message}";
        }
        catch (Exception fault)
        {
            // Nothing that one connection does ends another, or the server.
            server.Log.Error(fault, "nbd-{0}: {1} is cut after a failure of the server", Id, Peer);
            Abort($"The server failed: {fault.Message}");
        }

        await (inFlight?.EmptyAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        share?.Close();
        await transport.DisposeAsync().ConfigureAwait(false);
        var isAborted = reason is not null;
        end = reason ?? end;
        if (export is { } used)
        {
            server.Log.Info("nbd-{0}: {1} no longer uses '{2}': {3}", Id, Peer, used.Offer.Name, end);
            server.Publish(new NbdServerEvents.ClientDisconnected(Id, Peer, used.Offer.Name, end));
            used.Leave(this);
        }
        else if (!isAborted && refusal is { } why)
        {
            server.Refusals.Warn($"nbd-{Id}: {Client} is refused: {why}");
        }
        else
        {
            server.Log.Info("nbd-{0}: {1} left without an export: {2}", Id, Client, end);
        }
    }

    /// <summary>No more requests; what is in inFlight is answered, then it ends.</summary>
    internal void Drain(string why)
    {
        reason ??= why;
        transport.EndReceiving();
    }

    /// <summary>It ends at once; what is in inFlight is done, but not answered.</summary>
    internal void Abort(string why)
    {
        reason ??= why;
        share?.Close();
        transport.Abort();
    }

    /// <summary>Is it over a limit of time?</summary>
    internal void CheckTimeouts(long now)
    {
        var limits = server.Limits;
        if (export is null)
        {
            AbortAfter(limits.Handshake, since, now, "Its handshake took longer than");
            return;
        }

        if (sendQueue?.StuckSince(now) is > 0 and var stuck)
        {
            AbortAfter(limits.Send, stuck, now, "It took nothing of its replies for");
        }

        if (counters.ReceivingSince is > 0 and var receiving)
        {
            AbortAfter(limits.Receive, receiving, now, "It left a request unfinished for");
        }

        if (limits.Idle is { } idle && inFlight?.Count == 0)
        {
            AbortAfter(idle, counters.LastReceived, now, "It asked nothing for");
        }
    }

    internal NbdConnectionStatus Status() => new(
        Id,
        Peer,
        export?.Offer.Name,
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
            server.Log.Warning("nbd-{0}: {1} is cut: {2} {3}", Id, Peer, what, limit);
            Abort($"{what} {limit}.");
        }
    }

    private async Task<string> ServeAsync()
    {
        var haggling = new OptionHaggling(this, server.Tls?.Mode, (int)server.Limits.OptionSize.Bytes);
        (NbdTransport Transport, ReadOnlyMemory<byte> Early)? agreed;
        try
        {
            agreed = await HandshakeDriver.RunAsync(socket, haggling, StartTlsAsync).ConfigureAwait(false);
        }
        finally
        {
            refusal ??= haggling.Refusal
                ?? (allowed is { Count: 0 } ? "no export is allowed to the client of its certificate." : null);
        }

        if (agreed is not { } begun)
        {
            return "It left in the handshake.";
        }

        var used = export!;
        server.Log.Info("nbd-{0}: {1} uses '{2}'", Id, Client, used.Offer.Name);
        server.Publish(new NbdServerEvents.ClientConnected(Id, Peer, used.Offer.Name));
        return await NewLoop(used, haggling).RunAsync(begun.Early).ConfigureAwait(false);
    }

    private RequestLoop NewLoop(Export used, OptionHaggling agreed)
    {
        ReplyWriter? replies = null;
        var requests = new InFlightRequests(server.Limits.RequestsInFlight, () => new NbdRequest(used, replies!));
        var sender = new SendQueue(transport, requests, server.Time, fault => Abort($"It took no replies: {fault}"));
        replies = new ReplyWriter(sender, agreed.HasStructuredReplies, this);
        inFlight = requests;
        sendQueue = sender;
        share = new MemoryShare(used.Memory);
        if (reason is not null)
        {
            // It was cut in the meantime, and what was cut then had no share yet.
            share.Close();
        }

        return new RequestLoop(transport, used, share, requests, counters, agreed);
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
}
