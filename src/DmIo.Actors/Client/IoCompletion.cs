using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>
/// Receives the outcome of a request that was sent by <see cref="IoClient.TrySend"/>: exactly one call, even if the
/// lease's actor or the service ends first. Derive from this class. A completion can be used for another request after
/// its outcome, so that a request costs one <see cref="IoProtocol.IoRequest"/> and no other allocation.
/// <code>
///   idle --TrySend: true--> pending --OnDone or OnRefused is called--> idle
/// </code>
/// </summary>
/// <remarks>The methods are called in the request actor, one call at a time for each lease; when the service ends, on
/// another thread. An implementation must not block and must not throw. It may send the next request, also with this
/// object.</remarks>
public abstract class IoCompletion : IOutstanding
{
    private OutstandingRequests? outstanding;

    int IOutstanding.Slot { get; set; }

    void IIoCompletion.Done(IoResult result)
    {
        if (TryClaim())
        {
            OnDone(result);
        }
    }

    void IIoCompletion.Refused(IoRefusal cause, string reason)
    {
        if (TryClaim())
        {
            OnRefused(cause, reason);
        }
    }

    void IIoCompletion.Released() => OnReleased();

    void IOutstanding.Stop(string reason)
    {
        outstanding = null;
        OnRefused(IoRefusal.Stopped, reason);
    }

    /// <summary>The outcome. The service no longer uses the request's memory, unless <see cref="IoResult.BufferHeld"/>
    /// is set.</summary>
    protected abstract void OnDone(IoResult result);

    /// <summary>The request was not begun; no device was touched.</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    protected abstract void OnRefused(IoRefusal cause, string reason);

    /// <summary>After an outcome with <see cref="IoResult.BufferHeld"/>: every device has released the memory, which
    /// may be reused. Not called if the lease or the service ends first. Do not reuse the completion before.</summary>
    protected virtual void OnReleased()
    {
    }

    /// <summary>Marks the completion as pending, for a request of the client of these outstanding requests.</summary>
    /// <exception cref="InvalidOperationException">The completion is pending.</exception>
    internal void Begin(OutstandingRequests requests)
    {
        if (Interlocked.CompareExchange(ref outstanding, requests, null) is not null)
        {
            throw new InvalidOperationException("This completion is pending: wait for its outcome.");
        }
    }

    /// <summary>The client has ended: the request is not sent.</summary>
    internal void TakeBack() => outstanding = null;

    /// <summary>True for the one caller that gives the outcome. Always true if no client sent the request.</summary>
    private bool TryClaim()
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
