using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// One request of a client, from its header to its last reply byte; used again for the next. It is answered when its
/// parts are done, and the receive loop has no more of them. Parts end on any thread.
/// <code>
///   idle --Begin--> open --Add(isLast), Answer, Fail--> closed --all parts ended--> answered --sent--> idle
///                     +--------------Abandon--------------+------------------------> forgotten --------^
/// </code>
/// </summary>
/// <remarks>
/// The bytes of a simple reply must not be mixed with those of another reply, and the client cannot notice it if they
/// are. Chunks of structured replies carry their cookie, so each goes out when its part is done. A read that is
/// answered in one run of bytes, by a simple reply or, if the client wants no fragments (DF), by one chunk:
/// <list type="bullet">
/// <item>A read goes to the sendQueue as a whole, in one step, when all its parts are done. Until then other replies
/// overtake it, and an error of any part can still be reported.</item>
/// <item>A read that does not fit into the memory of its connection is streamed: its parts go out in order as they are
/// done. It is the only request of its connection from before its header is out until its last byte is in the
/// sendQueue (<see cref="ReadRequests"/>). An error behind its header ends the connection, as the protocol has it.</item>
/// </list>
/// It always goes on. Only the receive loop waits for memory, for the one request that it takes in; every older
/// request has all its memory, so it depends on its device and on the client alone, and its blocks come back when
/// its reply was sent. When all of those were sent, the read that waits for memory is streamed, and its own blocks come
/// back as they are sent. Then the connection has the one block of its window, and to that
/// <see cref="ExportMemory"/> always adds a second, whatever other connections hold.
/// </remarks>
internal sealed class NbdRequest
{
    private readonly Lock gate = new();
    private readonly List<RequestPart> parts = [];
    private readonly Export export;
    private readonly ReplyWriter replies;
    private readonly RequestPart first;
    private RequestPart? idle;
    private IoStatus failure;
    private NbdError error;
    private RequestHeader header;
    private int unfinished;
    private int sent;
    private TaskCompletionSource? streamed;
    private bool isHeaderOut;
    private bool isForgotten;
    private bool needsFlush;

    internal NbdRequest(Export export, ReplyWriter replies)
    {
        this.export = export;
        this.replies = replies;
        first = new RequestPart(this);
    }

    internal RequestHeader Header => header;

    internal ExportLegs Legs => export.Legs;

    internal IoClient Client => export.Client;

    internal DmIoService Service => export.Service;

    internal long BlockBytes => export.Offer.DeviceBlockBytes;

    /// <summary>Its parts keep their memory until all of them are done.</summary>
    internal bool IsAnsweredAsWhole => IsOneRun && streamed is null;

    private bool IsRead => header.Command == NbdCommand.Read;

    private bool IsOneRun =>
        IsRead && (!replies.IsStructured || header.Flags.HasFlag(CommandFlags.DoNotFragment));

    internal void Begin(in RequestHeader request)
    {
        header = request;
        parts.Clear();
        idle = first;
        failure = IoStatus.Ok;
        unfinished = 1;
        sent = 0;
        streamed = null;
        isHeaderOut = false;
        isForgotten = false;
        needsFlush = request.Command is NbdCommand.Trim or NbdCommand.WriteZeroes
            && request.Flags.HasFlag(CommandFlags.ForceUnitAccess);
    }

    /// <summary>A part to be filled, added and sent, in this order. A write uses again what has ended.</summary>
    internal RequestPart NextPart() => Interlocked.Exchange(ref idle, null) ?? new RequestPart(this);

    /// <summary>It is about to be sent. Behind the last one the request is not the receive loop's any
    /// more.</summary>
    internal RequestPart Add(RequestPart part, bool isLast)
    {
        lock (gate)
        {
            if (IsOneRun)
            {
                parts.Add(part);
            }

            unfinished += isLast ? 0 : 1;
        }

        return part;
    }

    /// <summary>From now on its parts go out as they are done. Only for a read that the receive loop still adds parts
    /// to, and only while its connection has no other request.</summary>
    internal void Stream()
    {
        lock (gate)
        {
            Invariant.Require(IsAnsweredAsWhole && unfinished > 0);
            streamed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SendData();
        }
    }

    /// <summary>For the receive loop, behind the last part of a read: if it is streamed, all of it is in the sendQueue,
    /// and only then may its connection begin another request.</summary>
    internal Task StreamedAsync() => streamed?.Task ?? Task.CompletedTask;

    /// <summary>There is nothing (more) to do.</summary>
    internal void Answer()
    {
        lock (gate)
        {
            unfinished--;
            SettleWhenDone();
        }
    }

    /// <summary>That is the status of its blocks.</summary>
    internal void Answer(IReadOnlyList<BlockStatusExtent> extents) => replies.Extents(this, extents);

    /// <summary>It was wrong, or can't go on: what parts it has end first.</summary>
    internal void Fail(NbdError with, string message)
    {
        lock (gate)
        {
            Record(with, IoStatus.DeviceError(message));
            unfinished--;
            SettleWhenDone();
        }
    }

    /// <summary>Nobody waits for the answer any more.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            isForgotten = true;
            unfinished--;
            if (IsOneRun)
            {
                SendData();
            }
            else
            {
                SettleWhenDone();
            }
        }
    }

    /// <summary>By the part, exactly once for each time it was sent.</summary>
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
                idle = part;
                SettleWhenDone();
            }
            else if (!IsOneRun)
            {
                SendChunk(part);
            }
            else
            {
                // What has its last reply byte in the sendQueue may be in use again for another request.
                var last = unfinished == 0 ? streamed : null;
                SendData();
                last?.SetResult();
            }
        }
    }

    private void Record(NbdError told, in IoStatus status)
    {
        if (failure.IsOk && !status.IsOk)
        {
            failure = status;
            error = told;
        }
    }

    private void SendChunk(RequestPart part)
    {
        if (failure.IsOk && !isForgotten)
        {
            replies.Chunk(this, part, isLast: unfinished == 0);
        }
        else
        {
            part.Release();
            SettleWhenDone();
        }
    }

    /// <summary>Of a read in one run: all of it once all is done; where it is streamed, what is next of it. Where it
    /// has failed, its memory is free.</summary>
    private void SendData()
    {
        if (!failure.IsOk || isForgotten)
        {
            for (var index = sent; index < parts.Count; index++)
            {
                if (parts[index].IsDone)
                {
                    parts[index].Release();
                }
            }

            SettleWhenDone();
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

    private void SettleWhenDone()
    {
        if (isHeaderOut && !failure.IsOk && !isForgotten)
        {
            isForgotten = true;
            replies.Break(this, failure);
        }

        if (unfinished > 0)
        {
            return;
        }

        if (isForgotten || isHeaderOut)
        {
            replies.Forget(this);
        }
        else if (!failure.IsOk)
        {
            replies.Error(this, error, failure);
        }
        else if (needsFlush)
        {
            needsFlush = false;
            unfinished = 1;
            first.Flush();
        }
        else
        {
            replies.Done(this);
        }
    }
}
