namespace DmIo.Actors;

/// <summary>
/// The service would not begin it: nothing happened, no device was touched. The message names the value, the limit and
/// the fix. What went wrong on a device is no exception but a region's status.
/// </summary>
public sealed class IoRefusedException : Exception
{
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="cause">Why a request was refused; null: it was no request.</param>
    public IoRefusedException(string reason, IoRefusal? cause = null)
        : base(reason) => Cause = cause;

    /// <summary>Why a request was refused, and whether it can be sent again; null for all else, as the name of a
    /// device.</summary>
    public IoRefusal? Cause { get; }
}
