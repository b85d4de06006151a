using DmIo.Actors.Client;

namespace DmIo.Actors.Protocol;

/// <summary>Why a request was not begun.</summary>
public enum IoRefusal
{
    /// <summary>It breaks a rule of requests: it will be refused again.</summary>
    BreaksRule,

    /// <summary>As many requests of the lease wait as may: it can be sent again when some are done. Only of messages
    /// and of <see cref="IoClient.TrySend"/>; all other calls of a client wait.</summary>
    NoRoom,

    /// <summary>The lease was put back, or the service has stopped: it will be refused again. A request that was
    /// accepted before, and not begun by then, ends with <see cref="DmIo.Io.IoStatusCode.Stopped"/>.</summary>
    Stopped,
}

/// <summary>
/// The service would not begin it: nothing happened, no device was touched. The message names the value, the limit and
/// the fix. What went wrong on a device is no exception but a region's status.
/// </summary>
public sealed class IoRefusedException : Exception
{
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="cause">Why a request was refused, or Stopped: the service has stopped; null: another
    /// cause.</param>
    public IoRefusedException(string reason, IoRefusal? cause = null)
        : base(reason) => Cause = cause;

    /// <summary>Why a request was refused, and whether it can be sent again. Of everything else, as a lease or the name
    /// of a device: <see cref="IoRefusal.Stopped"/> if the service has stopped, or null.</summary>
    public IoRefusal? Cause { get; }
}
