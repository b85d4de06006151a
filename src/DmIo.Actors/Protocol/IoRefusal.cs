using DmIo.Actors.Client;

namespace DmIo.Actors.Protocol;

/// <summary>The cause of a refused request.</summary>
public enum IoRefusal
{
    /// <summary>The request breaks a rule: it is always refused.</summary>
    BreaksRule,

    /// <summary>The lease has as many waiting requests as allowed; send the request again when some are done. Applies
    /// to messages and to <see cref="IoClient.TrySend"/>; all other calls of a client wait.</summary>
    NoRoom,

    /// <summary>The lease was put back, or the service has stopped: a retry is refused too. A request that was accepted
    /// earlier but not begun ends with <see cref="DmIo.Io.IoStatusCode.Stopped"/>.</summary>
    Stopped,
}

/// <summary>
/// The service refused a request: nothing happened, no device was touched. The message names the value, the limit and
/// the fix. A failure on a device is not an exception: it is the status of a region.
/// </summary>
public sealed class IoRefusedException : Exception
{
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="cause">The cause of a refused request, or Stopped: the service has stopped; null: another
    /// cause.</param>
    public IoRefusedException(string reason, IoRefusal? cause = null)
        : base(reason) => Cause = cause;

    /// <summary>The cause of a refused request, which says whether it can be sent again. For any other call, such as a
    /// lease or an attach: <see cref="IoRefusal.Stopped"/> if the service has stopped, otherwise null.</summary>
    public IoRefusal? Cause { get; }
}
