namespace DmIo.Actors.Protocol;

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
