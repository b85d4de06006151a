using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// What waits to be sent on one connection. ReplyWriter are added from any thread; whoever finds nobody sending sees to it
/// that somebody does, who takes all there is, sends it with one call, and takes what has come meanwhile. When the
/// connection breaks, all that is left is let go of.
/// </summary>
internal sealed class SendQueue(NbdTransport transport, InFlightRequests inFlight, TimeProvider time, Action<string> broken)
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

    /// <summary>Since when the client takes nothing of what is being sent, as the time's stamp; 0: nothing is being
    /// sent. Known to be later only if this is looked at in between. For one user.</summary>
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

    /// <summary>Adds what <paramref name="fill"/> puts in, as one.</summary>
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

        // Into the common queue, as the actors: behind a thread's own one it may wait for ever.
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
                    // Whatever it is: what waits to be sent would wait for ever.
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

/// <summary>Puts a reply into a batch.</summary>
internal delegate void WriteReply<T>(ReplyBatch batch, in T reply);

/// <summary>ReplyWriter that go out together: their headers, which lie here, and the data of parts, which stay where they
/// are. Filled, sent, then released, and filled again.</summary>
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

    /// <summary>Room for a header behind all that is there; one part with the header before it, if that is the
    /// last.</summary>
    internal Span<byte> AddHeader(int lengthBytes)
    {
        if (headers.Length - used < lengthBytes)
        {
            // The buffers hold what is full.
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

    /// <summary>The data of a part, which is released behind them.</summary>
    internal void AddData(RequestPart part)
    {
        for (var index = 0; index < part.Memory.SegmentCount; index++)
        {
            buffers.Add(part.Data(index));
        }

        lastIsHeader = false;
        parts.Add(part);
    }

    /// <summary>This was the last of the request.</summary>
    internal void End(NbdRequest request) => ended.Add(request);

    /// <summary>It was sent, or will not be.</summary>
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
