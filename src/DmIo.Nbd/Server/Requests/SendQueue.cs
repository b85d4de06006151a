using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>The replies that wait to be sent on one connection. Any thread adds replies; if no send is running, it
/// starts one, which sends all queued replies with one call, and repeats while there are more. When the connection
/// breaks, the queued replies are dropped.</summary>
internal sealed class SendQueue(
    NbdTransport transport, InFlightRequests inFlight, TimeProvider time, Action<string> broken)
    : IThreadPoolWorkItem
{
    private readonly Lock gate = new();
    private ReplyBatch filling = new();
    private ReplyBatch sending = new();
    private long sendingSince;
    private (long TakenBytes, int QueuedBytes) lastProgress;
    private long progressAt;
    private bool isSending;
    private bool isBroken;

    /// <summary>The timestamp since when the client has received nothing of the pending send; 0: no send is pending.
    /// Progress is detected only between two calls. For one caller.</summary>
    internal long StalledSince(long now)
    {
        var since = Volatile.Read(ref sendingSince);
        if (since == 0)
        {
            return 0;
        }

        var progress = transport.SendProgress;
        if (progress != lastProgress)
        {
            (lastProgress, progressAt) = (progress, now);
        }

        return Math.Max(since, progressAt);
    }

    /// <summary>Adds the reply that <paramref name="fill"/> writes, atomically.</summary>
    internal void Add<T>(in T reply, WriteReply<T> fill)
    {
        lock (gate)
        {
            fill(filling, reply);
            if (isSending)
            {
                return;
            }

            isSending = true;
        }

        // The global queue, as for actors: behind a thread's local queue, it could wait without bound.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private async Task SendAsync()
    {
        while (TryTake())
        {
            if (!isBroken && sending.Buffers.Count > 0)
            {
                Volatile.Write(ref sendingSince, time.GetTimestamp());
                try
                {
                    await transport.SendAsync(sending.Buffers).ConfigureAwait(false);
                }
                catch (Exception fault)
                {
                    // Catches everything: otherwise, queued replies would wait forever.
                    isBroken = true;
                    broken(fault.Message);
                }

                Volatile.Write(ref sendingSince, 0);
            }

            sending.Release(inFlight);
        }
    }

    private bool TryTake()
    {
        lock (gate)
        {
            (filling, sending) = (sending, filling);
            isSending = !sending.IsEmpty;
            return isSending;
        }
    }
}

/// <summary>Writes a reply to a batch.</summary>
internal delegate void WriteReply<T>(ReplyBatch batch, in T reply);

/// <summary>Replies that are sent together: their headers, which are copied, and the data of parts by reference.
/// Filled, sent, released, and filled again.</summary>
internal sealed class ReplyBatch
{
    private const int FirstHeaderBytes = 256;

    private readonly List<ReadOnlyMemory<byte>> buffers = [];
    private readonly List<RequestPart> parts = [];
    private readonly List<NbdRequest> ended = [];
    private byte[] headers = new byte[FirstHeaderBytes];
    private int used;
    private int lastStart;
    private bool lastIsHeader;

    internal IReadOnlyList<ReadOnlyMemory<byte>> Buffers => buffers;

    internal bool IsEmpty => buffers.Count == 0 && ended.Count == 0;

    /// <summary>Reserves space for a header. Adjacent headers are one buffer.</summary>
    internal Span<byte> AddHeader(int lengthBytes)
    {
        if (headers.Length - used < lengthBytes)
        {
            // The added buffers keep the full array alive.
            headers = new byte[Math.Max(headers.Length * 2, lengthBytes)];
            used = 0;
            lastIsHeader = false;
        }

        var start = used;
        used += lengthBytes;
        if (lastIsHeader)
        {
            buffers[^1] = headers.AsMemory(lastStart, used - lastStart);
        }
        else
        {
            lastStart = start;
            lastIsHeader = true;
            buffers.Add(headers.AsMemory(start, lengthBytes));
        }

        return headers.AsSpan(start, lengthBytes);
    }

    /// <summary>Adds the data of a part. The part is released with the batch.</summary>
    internal void AddData(RequestPart part)
    {
        for (var index = 0; index < part.Memory.SegmentCount; index++)
        {
            buffers.Add(part.Data(index));
        }

        lastIsHeader = false;
        parts.Add(part);
    }

    /// <summary>Ends the request with this batch.</summary>
    internal void End(NbdRequest request) => ended.Add(request);

    /// <summary>Called after the batch was sent or dropped.</summary>
    internal void Release(InFlightRequests inFlight)
    {
        buffers.Clear();
        parts.ForEach(part => part.Release());
        parts.Clear();
        used = 0;
        lastIsHeader = false;
        if (ended.Count > 0)
        {
            inFlight.End(ended);
            ended.Clear();
        }
    }
}
