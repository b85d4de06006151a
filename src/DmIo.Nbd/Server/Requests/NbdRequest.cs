using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// One request of a client, from its header to the last byte of its reply; reused after that. It is answered when all
/// its parts are done and the receive loop adds no more. Parts end on any thread.
/// <code>
///   idle --Begin--> open --Add(isLast), Answer, Fail--> closed --all parts ended--> answered --sent--> idle
///                    +--------------Abandon--------------+------------------------> dropped ----------^
/// </code>
/// </summary>
/// <remarks>
/// The bytes of a simple reply must not be interleaved with those of another reply, and the client could not detect
/// that. Chunks of structured replies carry a cookie, so each is sent when its part is done. A read that is answered
/// contiguously, by a simple reply or, if the client forbids fragments (DF), by one chunk, is sent in one of two ways:
/// <list type="bullet">
/// <item>As a whole, when all its parts are done. Until then, other replies overtake it, and an error of any part can
/// be reported.</item>
/// <item>Streamed, if it does not fit into the memory of its connection: its parts are sent in order as they complete.
/// It is the only request of its connection from before its header is sent until its last byte is queued
/// (<see cref="ReadRequests"/>). An error after its header ends the connection, as the protocol requires.</item>
/// </list>
/// There is no deadlock: only the receive loop waits for memory, for the request that it is receiving. Older requests
/// have all their memory, so they depend only on the device and the client, and return their blocks after their replies
/// were sent. After that, the waiting read is streamed, and returns its own blocks as they are sent. Then, the
/// connection holds one block, that of its window, and <see cref="ExportMemory"/> always grants a second.
/// </remarks>
internal sealed class NbdRequest
{
    private readonly Lock gate = new();
    private readonly List<RequestPart> parts = [];
    private readonly Export export;
    private readonly ReplyWriter replies;
    private RequestPart first;
    private RequestPart? idle;
    private IoStatus failure;
    private NbdError error;
    private RequestHeader header;
    private int unfinished;
    private int sent;
    private TaskCompletionSource? streamed;
    private bool isHeaderOut;
    private bool isDropped;
    private bool needsFlush;

    internal NbdRequest(Export export, ReplyWriter replies)
    {
        this.export = export;
        this.replies = replies;
        first = new RequestPart(this);
    }

    internal RequestHeader Header => header;

    internal string Device => export.Device;

    internal IoClient Client => export.Client;

    internal DmIoService Service => export.Service;

    internal long BlockBytes => export.Offer.DeviceBlockBytes;

    /// <summary>The parts keep their memory until all of them are done.</summary>
    internal bool IsAnsweredAsWhole => IsContiguous && streamed is null;

    private bool IsRead => header.Command == NbdCommand.Read;

    private bool IsContiguous =>
        IsRead && (!replies.IsStructured || header.Flags.HasFlag(CommandFlags.DoNotFragment));

    internal void Begin(in RequestHeader request)
    {
        header = request;
        parts.Clear();
        idle = First();
        failure = IoStatus.Ok;
        unfinished = 1;
        sent = 0;
        streamed = null;
        isHeaderOut = false;
        isDropped = false;
        needsFlush = request.Command is NbdCommand.Trim or NbdCommand.WriteZeroes
            && request.Flags.HasFlag(CommandFlags.ForceUnitAccess);
    }

    /// <summary>A new part, to be filled, added and sent, in this order. Writes reuse completed parts.</summary>
    internal RequestPart NextPart() => Interlocked.Exchange(ref idle, null) ?? new RequestPart(this);

    /// <summary>Adds a part that is about to be sent. After the last part, the receive loop must not access the
    /// request.</summary>
    internal RequestPart Add(RequestPart part, bool isLast)
    {
        lock (gate)
        {
            if (IsContiguous)
            {
                parts.Add(part);
            }

            unfinished += isLast ? 0 : 1;
        }

        return part;
    }

    /// <summary>From now on, the parts are sent as they complete. Only for a read that is still open, and that is the
    /// only request in flight of its connection.</summary>
    internal void Stream()
    {
        lock (gate)
        {
            Invariant.Require(IsAnsweredAsWhole && unfinished > 0);
            streamed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SendData();
        }
    }

    /// <summary>For the receive loop, after the last part of a read: completes when a streamed read is queued
    /// completely. Only then may the next request begin.</summary>
    internal Task StreamedAsync() => streamed?.Task ?? Task.CompletedTask;

    /// <summary>Closes the request: there is no (further) work.</summary>
    internal void Answer()
    {
        lock (gate)
        {
            unfinished--;
            FinishWhenDone();
        }
    }

    /// <summary>Answers a block status request.</summary>
    internal void Answer(IReadOnlyList<BlockStatusExtent> extents) => replies.Extents(this, extents);

    /// <summary>Closes the request with an error. Its parts end first.</summary>
    internal void Fail(NbdError with, string message)
    {
        lock (gate)
        {
            Record(with, IoStatus.DeviceError(message));
            unfinished--;
            FinishWhenDone();
        }
    }

    /// <summary>Closes the request without an answer, because the connection is ending.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            isDropped = true;
            unfinished--;
            if (IsContiguous)
            {
                SendData();
            }
            else
            {
                FinishWhenDone();
            }
        }
    }

    /// <summary>Called by a part, once each time it was sent.</summary>
    internal void Ended(RequestPart part)
    {
        lock (gate)
        {
            part.IsDone = true;
            Record(NbdErrors.Of(part.Status, header.Command), part.Status);
            unfinished--;
            if (!IsRead)
            {
                part.Release();
                idle = part.IsHeld ? null : part;
                FinishWhenDone();
            }
            else if (!IsContiguous)
            {
                SendChunk(part);
            }
            else
            {
                // After its last byte was queued, the request may be reused.
                var last = unfinished == 0 ? streamed : null;
                SendData();
                last?.SetResult();
            }
        }
    }

    private RequestPart First() => first.IsHeld ? first = new RequestPart(this) : first;

    private void Record(NbdError sent, in IoStatus status)
    {
        if (failure.IsOk && !status.IsOk)
        {
            failure = status;
            error = sent;
        }
    }

    private void SendChunk(RequestPart part)
    {
        if (failure.IsOk && !isDropped)
        {
            replies.Chunk(this, part, isLast: unfinished == 0);
        }
        else
        {
            part.Release();
            FinishWhenDone();
        }
    }

    /// <summary>Queues the data of a contiguous read: all of it when all parts are done, or, if streamed, the next
    /// parts. If the read has failed, releases the memory of completed parts.</summary>
    private void SendData()
    {
        if (!failure.IsOk || isDropped)
        {
            for (var index = sent; index < parts.Count; index++)
            {
                if (parts[index].IsDone)
                {
                    parts[index].Release();
                }
            }

            FinishWhenDone();
            return;
        }

        var next = sent;
        while ((streamed is not null || unfinished == 0) && sent < parts.Count && parts[sent].IsDone)
        {
            sent++;
        }

        if (sent > next)
        {
            isHeaderOut = true;
            replies.Data(this, parts, next, sent, isLast: unfinished == 0);
        }
    }

    private void FinishWhenDone()
    {
        if (isHeaderOut && !failure.IsOk && !isDropped)
        {
            isDropped = true;
            replies.Break(this, failure);
        }

        if (unfinished > 0)
        {
            return;
        }

        if (isDropped || isHeaderOut)
        {
            replies.Drop(this);
        }
        else if (!failure.IsOk)
        {
            replies.Error(this, error, failure);
        }
        else if (needsFlush)
        {
            needsFlush = false;
            unfinished = 1;
            First().Flush();
        }
        else
        {
            replies.Done(this);
        }
    }
}
