using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>
/// The requests that one client has sent and got no outcome of. Any thread; allocates nothing once it is as large as
/// needed. Every request goes TryAdd, send, <see cref="Sent"/>. So that the end of a client comes to the request actor
/// behind all of its requests, the end is told by who sees the last of these: the one to whom <see cref="Close"/> or
/// <see cref="Sent"/> returns true.
/// </summary>
internal sealed class OutstandingRequests
{
    private const int NoSlot = -1;

    private readonly Lock gate = new();
    private Entry[] entries = new Entry[4];
    private int used;
    private int firstFree = NoSlot;
    private int sending;
    private volatile bool closed;

    /// <summary>Requests without an outcome.</summary>
    internal int Count { get; private set; }

    /// <summary>Takes it in, if the client is open. Otherwise it is not to be sent.</summary>
    internal bool TryAdd(IOutstanding request)
    {
        lock (gate)
        {
            if (closed)
            {
                return false;
            }

            request.Slot = TakeSlot();
            entries[request.Slot].Request = request;
            Count++;
            Interlocked.Increment(ref sending);
            return true;
        }
    }

    /// <summary>It was sent. True: the client was closed meanwhile, and this was the last one to be sent.</summary>
    internal bool Sent() => Interlocked.Decrement(ref sending) == 0 && closed;

    /// <summary>True for exactly one caller for each request that was taken in: it has to settle it.</summary>
    internal bool Remove(IOutstanding request)
    {
        lock (gate)
        {
            if (!ReferenceEquals(entries[request.Slot].Request, request))
            {
                return false;
            }

            entries[request.Slot] = new Entry { NextFree = firstFree };
            firstFree = request.Slot;
            Count--;
            return true;
        }
    }

    /// <summary>Takes in no more. True: no request is on its way to being sent.</summary>
    internal bool Close()
    {
        lock (gate)
        {
            closed = true;
            return Volatile.Read(ref sending) == 0;
        }
    }

    /// <summary>Takes in no more, and hands out all that are left, to be settled by the caller.</summary>
    internal IReadOnlyList<IOutstanding> End()
    {
        lock (gate)
        {
            closed = true;
            var left = entries.Where(entry => entry.Request is not null).Select(entry => entry.Request!).ToArray();
            Array.Clear(entries);
            Count = 0;
            return left;
        }
    }

    private int TakeSlot()
    {
        if (firstFree != NoSlot)
        {
            var slot = firstFree;
            firstFree = entries[slot].NextFree;
            return slot;
        }

        if (used == entries.Length)
        {
            Array.Resize(ref entries, used * 2);
        }

        return used++;
    }

    private struct Entry
    {
        internal IOutstanding? Request;
        internal int NextFree;
    }
}

/// <summary>
/// A request of a client that is not answered yet. Whoever removes it from <see cref="OutstandingRequests"/>, and
/// nobody else, gives it its outcome; that is how it gets exactly one.
/// </summary>
internal interface IOutstanding : IIoCompletion
{
    /// <summary>Its place among the outstanding; theirs alone to use.</summary>
    int Slot { get; set; }

    /// <summary>After it was removed: nothing of it was begun, nobody has its memory, and that is its
    /// outcome.</summary>
    void Stop(string reason);
}

/// <summary>Outcomes that a client gives when the service can't any more.</summary>
internal static class IoResults
{
    /// <summary>Nothing of it was begun, and nobody has its memory.</summary>
    internal static IoResult Stopped(
        int regionCount, string reason, object? context, IoRefusal cause = IoRefusal.Stopped)
    {
        var statuses = new IoStatus[regionCount];
        var failure = new IoFailure(reason, Exception: new IoRefusedException(reason, cause));
        Array.Fill(statuses, new IoStatus(IoStatusCode.Stopped, failure));
        return new IoResult(statuses, context);
    }
}
