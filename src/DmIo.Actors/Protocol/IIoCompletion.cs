using DmIo.Actors.Client;
using DmIo.Io;

namespace DmIo.Actors.Protocol;

/// <summary>
/// Gets a request's outcome by a call in the place of a message (<see cref="IoProtocol.IoRequest.Completion"/>): for
/// who serves many requests a second. Exactly one of the two is called, once, on the request actor's turn, which is to
/// say one at a time for each lease. It must not block (the lease's other outcomes wait for it) and not throw (that
/// ends the lease). It may send requests to the same request actor.
/// </summary>
/// <remarks>
/// A request that lies in the mailbox of a request actor that died is in nobody's hands: neither is called. Watch the
/// request actor and handle its <see cref="Akka.Actor.Terminated"/>, which also comes when the service stops; or take
/// an <see cref="IoCompletion"/> and <see cref="IoClient.TrySend"/>, which do that for you.
/// </remarks>
public interface IIoCompletion
{
    /// <summary>The outcome; what <see cref="IoProtocol.IoDone"/> would have said.</summary>
    void Done(IoResult result);

    /// <summary>The request was not begun; what <see cref="IoProtocol.IoRefused"/> would have said.</summary>
    void Refused(IoRefusal cause, string reason);
}

/// <summary>A completion whose caller can give the request up while it waits for credit
/// (<see cref="IoProtocol.WithdrawRequest"/>).</summary>
internal interface ICancelableCompletion : IIoCompletion
{
    /// <summary>From any thread.</summary>
    bool IsCanceled { get; }

    /// <summary>The request actor's state of the request; null before it accepted the request. Only the request actor
    /// uses it; later requests use the same state again.</summary>
    object? Accepted { get; set; }
}
