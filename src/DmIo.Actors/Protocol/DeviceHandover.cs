namespace DmIo.Actors.Protocol;

/// <summary>
/// Who closes a device that was sent to the supervisor: the supervisor once it has taken it, or the sender, who takes
/// it back when the supervisor has ended with the message in its mailbox. One of them, from any thread.
/// </summary>
internal sealed class DeviceHandover
{
    private int isTaken;

    /// <summary>True: it is the caller's to close.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref isTaken, 1) == 0;
}
