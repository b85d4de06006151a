using DmIo.Actors.Client;
using DmIo.Io;

namespace DmIo.Actors.Protocol;

/// <summary>
/// Receives the outcome of a request by a call instead of a message (<see cref="IoProtocol.IoRequest.Completion"/>),
/// for senders of many requests per second. Exactly one of the two methods is called, once, in the request actor: one
/// call at a time for each lease. An implementation must not block (the lease's other outcomes wait for it) and must
/// not throw (that ends the lease). It may send requests to the same request actor.
/// </summary>
/// <remarks>
/// Neither method is called for a request in the mailbox of a request actor that died. Watch the request actor and
/// handle its <see cref="Akka.Actor.Terminated"/>, which is also sent when the service stops; or use an
/// <see cref="IoCompletion"/> with <see cref="IoClient.TrySend"/>, which handle this case.
/// </remarks>
public interface IIoCompletion
{
    /// <summary>The outcome, as in <see cref="IoProtocol.IoDone"/>.</summary>
    void Done(IoResult result);

    /// <summary>The request was not begun, as in <see cref="IoProtocol.IoRefused"/>.</summary>
    void Refused(IoRefusal cause, string reason);

    /// <summary>After an outcome with <see cref="IoResult.BufferHeld"/>: every device has released the memory, which
    /// may be reused. Called once, in the request actor; not called if the lease or the service ends first.</summary>
    void Released()
    {
    }
}

/// <summary>A completion whose caller can withdraw the request while it waits for credit
/// (<see cref="IoProtocol.WithdrawRequest"/>).</summary>
internal interface ICancelableCompletion : IIoCompletion
{
    /// <summary>Thread-safe.</summary>
    bool IsCanceled { get; }

    /// <summary>The request actor's state of the request; null before the request is accepted. Only the request actor
    /// uses it; later requests reuse the same state object.</summary>
    object? Accepted { get; set; }
}
