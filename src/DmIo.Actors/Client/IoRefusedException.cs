namespace DmIo.Actors;

/// <summary>
/// The service would not begin it: nothing happened, no device was touched. The message names the value, the limit and
/// the fix. What went wrong on a device is no exception but a region's status.
/// </summary>
public sealed class IoRefusedException : Exception
{
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    public IoRefusedException(string reason)
        : base(reason)
    {
    }
}
