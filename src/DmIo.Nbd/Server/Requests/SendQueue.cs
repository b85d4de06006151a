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
    private (long TakenBytes, int QueuedBytes) seen;
    private long seenAt;
    private bool isSending;
    private bool isBroken;

    /// <summary>Since when the client takes nothing of what is being sent, as the time's stamp; 0: nothing is being
    /// sent. Known to be later only if this is looked at in between. For one user.</summary>
    internal long StuckSince(long now)
    {
        var since = Volatile.Read(ref sendingSince);
        if (since == 0)
        {
            return 0;
        }

        var progress = transport.SendProgress;
        if (progress != seen)
        {
            (seen, seenAt) = (progress, now);
        }

        return Math.Max(since, seenAt);
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
