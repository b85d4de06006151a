using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>
/// One connection in its transmission phase: sends what was added, together, and takes replies, in any order. One owner
/// at a time; when a send or a receive that had to wait is over, it asks for a <see cref="Pump"/> by
/// <paramref name="signal"/>, from any thread.
/// <code>
///   live --Break, the peer, a broken protocol--> breaking --nothing touches any memory any more--> over
///    +--the server is shutting down--> leaving --all is answered, goodbye is said--^
/// </code>
/// Invariant: what is in <see cref="Unanswered"/> keeps its memory until it is over.
/// </summary>
internal sealed class ClientConnection(
    NbdTransport transport,
    NegotiatedExport export,
    ushort generation,
    Action signal,
    Action<ClientRequest, IoStatus> ended)
{
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>A payload with as much still to come is received where it belongs; less is cheaper to copy than to ask
    /// the system for by itself.</summary>
    private const int DirectBytes = 16 * 1024;

    /// <summary>Receives of one Pump, before it asks for another: its caller has other things to do.</summary>
    private const int MostReceives = 16;

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
    private volatile bool hasSent;
    private volatile bool hasReceived;

    /// <summary>What the handshake agreed on.</summary>
    internal NegotiatedExport Export => export;

    /// <summary>Why it broke; null while it is live.</summary>
    internal IoFailure? Failure { get; private set; }

    /// <summary>Did the server itself end it? Then it is done with what it got, or has forgotten it.</summary>
    internal bool WasEndedByServer { get; private set; }

    internal bool CanTake => Failure is null && !isSending && !IsLeaving && slots.HasRoom;

    /// <summary>Broken, and nobody touches the memory of <see cref="Unanswered"/> any more.</summary>
    internal bool IsOver => Failure is not null && !isSending && !isReceiving;

    /// <summary>What was sent, or is about to be.</summary>
    internal IEnumerable<ClientRequest> Unanswered => slots.All;

    internal int UnansweredCount => slots.Count;

    /// <summary>The server told so: then the protocol wants the client to end the connection.</summary>
    private bool IsLeaving => reader is { HasShutdown: true };

    /// <summary>It goes with the next <see cref="Pump"/>. Only while <see cref="CanTake"/>.</summary>
    internal void Add(ClientRequest request)
    {
        Invariant.Require(CanTake);
        var header = request.Send(slots.Add(request));
        batch.Add(header, request.Command == NbdCommand.Write ? request.Batch : null);
    }

    /// <summary>Sends and receives what can be without waiting. True: call it again soon, there is more.</summary>
    internal bool Pump()
    {
        Send();
        var isMore = Receive();
        if (IsLeaving && !isSending && slots.Count == 0 && Failure is null)
        {
            AddDisconnect();
            Send();
        }

        return isMore;
    }

    /// <summary>Gives it up: what is under way ends soon.</summary>
    internal void Break(IoFailure failure)
    {
        if (Failure is null)
        {
            Failure = failure;
            transport.Abort();
        }
    }

    /// <summary>The unanswered are their owner's again, once it is over.</summary>
    internal List<ClientRequest> TakeUnanswered()
    {
        Invariant.Require(IsOver);
        var all = slots.All.ToList();
        all.ForEach(slots.Remove);
        return all;
    }

    /// <summary>Ends it as the protocol wants it, where nothing is in flight; breaks it otherwise.</summary>
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

    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
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
            // Also what a caller's own memory threw: half a request may have gone, so that nothing can follow it.
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

    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
    private bool Receive()
    {
        reader ??= new ReplyReader(slots, export, ended);
        for (var i = 0; i < MostReceives; i++)
        {
            if (isReceiving)
            {
                if (!hasReceived)
                {
                    return false;
                }

                EndReceive();
            }

            if (Failure is not null)
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

    /// <summary>How many bytes came, 0 at the end; those of an aimed payload are not in the buffer.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveMoreAsync()
    {
        if (!reader!.TryGetDestination(payload, DirectBytes))
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
            BreakAfter(fault);
            return;
        }
        finally
        {
            receiving = default;
        }

        switch (bytes)
        {
            case 0:
                WasEndedByServer = Failure is null;
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
        WasEndedByServer |= Failure is null && ConnectionErrors.IsEndByPeer(fault);
        Break(new IoFailure($"The connection broke: {fault.Message}", ConnectionErrors.Reset, fault));
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
