using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>
/// The requests that one client has sent and that have no outcome yet. Thread-safe; allocates only to grow. Every
/// request calls TryAdd, then is sent, then calls <see cref="Sent"/>. The message that ends a client must arrive behind
/// all its requests in the request actor's mailbox: it is sent by the caller to which <see cref="Close"/> or
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

    /// <summary>Adds a request if the client is open. False: the request must not be sent.</summary>
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

    /// <summary>A request was sent. True: the client was closed in the meantime, and no other request is being
    /// sent.</summary>
    internal bool Sent() => Interlocked.Decrement(ref sending) == 0 && closed;

    /// <summary>True for exactly one caller for each added request; that caller gives the outcome.</summary>
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

    /// <summary>Stops adding requests. True: no request is being sent.</summary>
    internal bool Close()
    {
        lock (gate)
        {
            closed = true;
            return Volatile.Read(ref sending) == 0;
        }
    }

    /// <summary>Stops adding requests, and removes all that are left. The caller gives their outcomes.</summary>
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
/// A request of a client that is not answered yet. Only the caller that removes it from
/// <see cref="OutstandingRequests"/> gives its outcome, so that it gets exactly one.
/// </summary>
internal interface IOutstanding : IIoCompletion
{
    /// <summary>The index in <see cref="OutstandingRequests"/>, which alone uses it.</summary>
    int Slot { get; set; }

    /// <summary>Called after the removal: ends the request with an outcome that says that no I/O was begun and its
    /// memory is not in use.</summary>
    void Stop(string reason);
}

/// <summary>Outcomes that the client makes when the service has ended.</summary>
internal static class IoResults
{
    /// <summary>No I/O was begun, and the memory is not in use.</summary>
    internal static IoResult Stopped(
        int regionCount, string reason, object? context, IoRefusal cause = IoRefusal.Stopped)
    {
        var statuses = new IoStatus[regionCount];
        var failure = new IoFailure(reason, Exception: new IoRefusedException(reason, cause));
        Array.Fill(statuses, new IoStatus(IoStatusCode.Stopped, failure));
        return new IoResult(statuses, context);
    }
}
