namespace DmIo.Devices.Files;

/// <summary>
/// Who closed a file a moment ago may hold it still: a ring, whose last call lets go of it on a thread of the kernel
/// behind its completion; a process that was killed, until the kernel has taken it apart. So an open that finds it
/// taken is tried again for a moment, and who detached a device may attach it anew at once.
/// </summary>
internal static class LastOwner
{
    /// <summary>Seen: up to 40 ms.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromMilliseconds(250);

    /// <summary>Tries until it is free, at least once. False: somebody has it for good.</summary>
    internal static bool WaitUntilGone(Func<bool> tryOpen) => SpinWait.SpinUntil(tryOpen, LongestGoodbye);
}
