using DmIo.Actors;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// What waits to be sent on one connection. Replies are added from any thread; whoever finds nobody sending sees to it
/// that somebody does, who takes all there is, sends it with one call, and takes what has come meanwhile. Replies of
/// one turn of the request actor wait for each other; where there are no others', the actor itself hands them over.
/// When the connection breaks, all that is left is let go of.
/// </summary>
internal sealed class Outbox(NbdTransport transport, Flight flight, TimeProvider time, Action<string> broken)
    : IThreadPoolWorkItem, ICompletionBatch
{
    private readonly Lock gate = new();
    private ReplyBatch filling = new();
    private ReplyBatch sending = new();
    private long sendingSince;
    private bool isSending;
    private bool isGathering;
    private bool isBroken;

    /// <summary>Since when what is being sent does not go out, as the time's stamp; 0: nothing is being sent.</summary>
    internal long SendingSince => Volatile.Read(ref sendingSince);

    /// <summary>Adds what <paramref name="fill"/> puts in, as one.</summary>
    internal void Add<T>(in T reply, ReplyFill<T> fill)
    {
        lock (gate)
        {
            fill(filling, reply);
            if (isSending || isGathering)
            {
                return;
            }

            isSending = true;
        }

        SendElsewhere();
    }

    void ICompletionBatch.Begin()
    {
        lock (gate)
        {
            isGathering = true;
        }
    }

    void ICompletionBatch.End(bool isOnly)
    {
        lock (gate)
        {
            isGathering = false;
            if (isSending || filling.IsEmpty)
            {
                return;
            }

            isSending = true;
        }

        if (isOnly && transport.SendsAtOnce)
        {
            _ = SendAsync();
        }
        else
        {
            SendElsewhere();
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    /// <summary>Into the pool's common queue, as the actors: behind a thread's own one it may wait for ever.</summary>
    private void SendElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private async Task SendAsync()
    {
        while (TryTake())
        {
            if (!isBroken && sending.Parts.Count > 0)
            {
                Volatile.Write(ref sendingSince, time.GetTimestamp());
                try
                {
                    await transport.SendAsync(sending.Parts).ConfigureAwait(false);
                }
                catch (IOException fault)
                {
                    isBroken = true;
                    broken(fault.Message);
                }

                Volatile.Write(ref sendingSince, 0);
            }

            sending.Release(flight);
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
internal delegate void ReplyFill<T>(ReplyBatch batch, in T reply);
