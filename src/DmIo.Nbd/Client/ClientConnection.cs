using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>
/// One connection in its transmission phase. It sends the added requests together, and receives replies in any order.
/// One caller at a time. When a pending send or receive completes, on any thread, <paramref name="signal"/> requests
/// another <see cref="Poll"/>.
/// <code>
///   live --Break, connection lost, protocol error--> breaking --no I/O accesses memory--> over
///    |                                                  +--Linger--> lingering --the server closes its side--^
///    +--the server is shutting down--> leaving --all answered, disconnect sent--^
/// </code>
/// Invariant: the memory of unanswered requests stays in use until the connection is over. A connection with unanswered
/// writes lingers: as long as the server has not closed its side, it may still execute them.
/// </summary>
internal sealed class ClientConnection(
    NbdTransport transport,
    NegotiatedExport export,
    ushort generation,
    Action signal,
    Action<ClientRequest, IoStatus> ended)
{
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>A payload with at least this many bytes missing is received directly into its destination. Copying is
    /// cheaper than a separate system call for less.</summary>
    private const int DirectBytes = 16 * 1024;

    /// <summary>Receives per Poll. The caller has other work to do between two calls.</summary>
    private const int MaxReceives = 16;

    private readonly RequestSlots slots = new(generation);
    private readonly SendBatch batch = new();
    private readonly byte[] received = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
    private readonly SegmentBatch payload = new();
    private ReplyReader? reader;
    private Action? sendEnded;
    private Action? receiveEnded;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter sending;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter receiving;
    private bool isSending;
    private bool isReceiving;
    private bool hasSentDisconnect;
    private TaskCompletionSource? lingering;
    private bool mustLinger;
    private bool isLost;
    private volatile bool hasSent;
    private volatile bool hasReceived;

    /// <summary>The result of the handshake.</summary>
    internal NegotiatedExport Export => export;

    /// <summary>Why the connection failed; null while it is live.</summary>
    internal IoFailure? Failure { get; private set; }

    /// <summary>The server closed the connection, so it has processed or discarded all requests that it
    /// received.</summary>
    internal bool WasEndedByServer { get; private set; }

    internal bool CanAccept => Failure is null && !isSending && !IsDisconnecting && slots.HasRoom;

    /// <summary>The connection has failed, no I/O accesses the memory of its requests, and the server does not execute
    /// them any more, or that will never be known.</summary>
    internal bool IsOver => Failure is not null && !isSending && !isReceiving
        && (!mustLinger || WasEndedByServer || (lingering is not null && isLost));

    /// <summary>The connection has failed, and the server may still execute unanswered writes.</summary>
    internal bool MayLinger => mustLinger && lingering is null && !WasEndedByServer && !isSending;

    /// <summary>A pending receive fills the memory of a request directly, also after the connection has
    /// failed.</summary>
    internal bool FillsMemory => isReceiving && payload.Count > 0;

    /// <summary>The requests that were sent or added, and not answered.</summary>
    internal IEnumerable<ClientRequest> Unanswered => slots.All;

    internal int UnansweredCount => slots.Count;

    /// <summary>After ESHUTDOWN, the protocol requires the client to disconnect.</summary>
    private bool IsDisconnecting => reader is { HasShutdown: true };

    /// <summary>Adds a request to the next <see cref="Poll"/>. Requires <see cref="CanAccept"/>.</summary>
    internal void Add(ClientRequest request)
    {
        Invariant.Require(CanAccept);
        var header = request.Send(slots.Add(request));
        batch.Add(header, request.Command == NbdCommand.Write ? request.Batch : null);
    }

    /// <summary>Sends and receives without waiting. True: call again soon, there is more to do.</summary>
    internal bool Poll()
    {
        Send();
        var isMore = Receive();
        if (IsDisconnecting && !isSending && slots.Count == 0 && Failure is null)
        {
            AddDisconnect();
            Send();
        }

        return isMore;
    }

    /// <summary>Fails the connection. Pending I/O ends soon.</summary>
    internal void Break(IoFailure failure)
    {
        if (Failure is null)
        {
            Failure = failure;
            mustLinger = !WasEndedByServer && slots.All.Any(static request => request.IsWrite);
            if (mustLinger)
            {
                transport.EndSending();
            }
            else
            {
                transport.Abort();
            }
        }
    }

    /// <summary>Returns the unanswered requests. Requires <see cref="MayLinger"/>.</summary>
    /// <param name="ended">Ends when no I/O accesses their memory, and the server has closed its side, so that it
    /// executes none of them any more; fails if that will never be known.</param>
    internal List<ClientRequest> Linger(out Task ended)
    {
        Invariant.Require(MayLinger);
        lingering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ended = lingering.Task;
        return TakeAll();
    }

    /// <summary>A lingering connection is over: ends the task of <see cref="Linger"/>.</summary>
    internal void EndLingering()
    {
        Invariant.Require(IsOver);
        transport.Abort();
        if (WasEndedByServer)
        {
            lingering!.SetResult();
        }
        else
        {
            lingering!.SetException(new IOException(Failure!.Message));
        }
    }

    /// <summary>Waits no longer for the server.</summary>
    internal void Abort()
    {
        isLost = true;
        transport.Abort();
    }

    /// <summary>Returns the unanswered requests to the caller. Requires <see cref="IsOver"/>.</summary>
    internal List<ClientRequest> TakeUnanswered()
    {
        Invariant.Require(IsOver);
        return TakeAll();
    }

    private List<ClientRequest> TakeAll()
    {
        var all = slots.All.ToList();
        all.ForEach(slots.Remove);
        return all;
    }

    /// <summary>Sends a disconnect if no request is in flight; aborts the connection otherwise.</summary>
    internal async Task CloseAsync(IoFailure why)
    {
        var isOrderly = Failure is null && !isSending && slots.Count == 0;
        Failure ??= why;
        if (!isOrderly)
        {
            transport.Abort();
            return;
        }

        try
        {
            AddDisconnect();
            await transport.SendAsync(batch.Close()).ConfigureAwait(false);
            await transport.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            transport.Abort();
        }
    }

    private void AddDisconnect()
    {
        hasSentDisconnect = true;
        batch.Add(new RequestHeader(NbdCommand.Disconnect, CommandFlags.None, 0, 0, 0), payload: null);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is stored, and its result is taken once.")]
    private void Send()
    {
        while (true)
        {
            if (isSending)
            {
                if (!hasSent)
                {
                    return;
                }

                EndSend();
            }

            if (batch.IsEmpty || Failure is not null)
            {
                return;
            }

            sending = transport.SendAsync(batch.Close()).ConfigureAwait(false).GetAwaiter();
            isSending = true;
            hasSent = sending.IsCompleted;
            if (!hasSent)
            {
                sending.UnsafeOnCompleted(sendEnded ??= OnSent);
                return;
            }
        }
    }

    private void EndSend()
    {
        isSending = false;
        try
        {
            sending.GetResult();
        }
        catch (Exception fault)
        {
            // Includes exceptions of the caller's memory: the request may be sent in part, so nothing can follow it.
            BreakAfter(fault);
        }
        finally
        {
            sending = default;
            batch.Clear();
        }

        if (hasSentDisconnect)
        {
            Break(new IoFailure("The server is shutting down.", ConnectionErrors.Reset));
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is stored, and its result is taken once.")]
    private bool Receive()
    {
        reader ??= new ReplyReader(slots, export, ended);
        for (var i = 0; i < MaxReceives; i++)
        {
            if (isReceiving)
            {
                if (!hasReceived)
                {
                    return false;
                }

                EndReceive();
            }

            if (Failure is not null && (!mustLinger || WasEndedByServer || isLost))
            {
                return false;
            }

            receiving = ReceiveMoreAsync().ConfigureAwait(false).GetAwaiter();
            isReceiving = true;
            hasReceived = receiving.IsCompleted;
            if (!hasReceived)
            {
                receiving.UnsafeOnCompleted(receiveEnded ??= OnReceived);
                return false;
            }
        }

        return true;
    }

    /// <summary>The number of bytes received, 0 at the end. A payload that was received directly is not in the
    /// buffer.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveMoreAsync()
    {
        if (Failure is not null || !reader!.TryGetDestination(payload, DirectBytes))
        {
            return await transport.ReceiveAsync(received).ConfigureAwait(false);
        }

        return await transport.FillAsync(payload).ConfigureAwait(false) ? int.MaxValue : 0;
    }

    private void EndReceive()
    {
        isReceiving = false;
        int bytes;
        try
        {
            bytes = receiving.GetResult();
        }
        catch (Exception fault)
        {
            isLost = true;
            BreakAfter(fault);
            return;
        }
        finally
        {
            receiving = default;
        }

        if (Failure is not null)
        {
            // What the server still sends is dropped.
            payload.Clear();
            WasEndedByServer |= bytes == 0;
            return;
        }

        switch (bytes)
        {
            case 0:
                WasEndedByServer = true;
                Break(new IoFailure("The server closed the connection.", ConnectionErrors.Reset));
                return;
            case int.MaxValue:
                payload.Clear();
                reader!.DestinationFilled();
                break;
            default:
                reader!.Take(received.AsSpan(0, bytes));
                break;
        }

        if (reader!.Fault is { } wrong)
        {
            Break(new IoFailure($"The server {wrong}.", ConnectionErrors.Protocol));
        }
    }

    private void BreakAfter(Exception fault)
    {
        WasEndedByServer |= (Failure is null || mustLinger) && ConnectionErrors.IsEndByPeer(fault);
        Break(new IoFailure($"The connection failed: {fault.Message}", ConnectionErrors.Reset, fault));
    }

    private void OnSent()
    {
        hasSent = true;
        signal();
    }

    private void OnReceived()
    {
        hasReceived = true;
        signal();
    }
}
