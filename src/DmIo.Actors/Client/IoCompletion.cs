using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>
/// Gets the outcome of a request that was sent by <see cref="IoClient.TrySend"/>: one call, exactly once, also where
/// the lease's actor or the whole service ends first. Derive from it; an object may be sent again when its outcome has
/// come, so that a request costs its sender one <see cref="IoProtocol.IoRequest"/> and nothing else.
/// <code>
///   idle --TrySend: true--> under way --OnDone or OnRefused is called--> idle
/// </code>
/// </summary>
/// <remarks>Called on the request actor's turn, one at a time for each lease; at the end of the service on another
/// thread. It must not block, and must not throw. It may send the next request, this object's own included.</remarks>
public abstract class IoCompletion : IOutstanding
{
    private OutstandingRequests? outstanding;

    int IOutstanding.Slot { get; set; }

    void IIoCompletion.Done(IoResult result)
    {
        if (IsMine())
        {
            OnDone(result);
        }
    }

    void IIoCompletion.Refused(IoRefusal cause, string reason)
    {
        if (IsMine())
        {
            OnRefused(cause, reason);
        }
    }

    void IOutstanding.Stop(string reason)
    {
        outstanding = null;
        OnRefused(IoRefusal.Stopped, reason);
    }

    /// <summary>The outcome. Nobody touches the request's memory any more, unless
    /// <see cref="IoResult.BufferHeld"/> says so.</summary>
    protected abstract void OnDone(IoResult result);

    /// <summary>The request was not begun, no device was touched.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    protected abstract void OnRefused(IoRefusal cause, string reason);

    /// <summary>It is sent by the client of these.</summary>
    /// <exception cref="InvalidOperationException">It is under way already.</exception>
    internal void Begin(OutstandingRequests requests)
    {
        if (Interlocked.CompareExchange(ref outstanding, requests, null) is not null)
        {
            throw new InvalidOperationException("This completion is under way; its outcome has to come first.");
        }
    }

    /// <summary>The client has ended: it is not sent.</summary>
    internal void TakeBack() => outstanding = null;

    /// <summary>Its outcome is this one's to give. Not sent by a client, it always is.</summary>
    private bool IsMine()
    {
        if (outstanding is not { } requests)
        {
            return true;
        }

        if (!requests.Remove(this))
        {
            return false;
        }

        outstanding = null;
        return true;
    }
}
