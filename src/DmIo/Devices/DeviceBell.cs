namespace DmIo.Devices;

/// <summary>
/// The bell at the door of a device's owner. In its turn the owner may wait for the device
/// (<see cref="IBlockDevice.Linger"/>), and does not see its mailbox then: who puts something in, rings behind it. From
/// any thread; costs one exchange where nobody waits.
/// <code>
///   Quiet ---Ring------> Rung ---Hush---> Quiet    by who is about to put in the call for the next turn
///   Quiet ---TryAwait--> Awaited ---EndAwait--> Quiet
///                        Awaited ---Ring------> Rung, and one sound, for which EndAwait answers true
/// </code>
/// Invariant: what was put in before a Ring lies in front of the call for a turn that is still to come, or keeps the
/// owner from waiting, or ends its wait. So whoever calls an owner's turn hushes the bell just before, and an owner
/// waits only where no turn is called.
/// </summary>
internal sealed class DeviceBell
{
    private const int Quiet = 0;
    private const int Rung = 1;
    private const int Awaited = 2;

    private Action? sound;
    private int state;

    /// <summary>Who waits says, once and before, what a ring does then: called on the ringing thread, one time for a
    /// wait.</summary>
    internal void SoundBy(Action wake)
    {
        Invariant.Require(sound is null);
        sound = wake;
    }

    /// <summary>Something was put in.</summary>
    internal void Ring()
    {
        if (Interlocked.Exchange(ref state, Rung) == Awaited)
        {
            sound!();
        }
    }

    /// <summary>The owner's turn is about to be called: it comes behind all that was rung for.</summary>
    internal void Hush() => Interlocked.CompareExchange(ref state, Quiet, Rung);

    /// <summary>False: something was put in, do not wait. True: <see cref="EndAwait"/> has to follow.</summary>
    internal bool TryAwait() => Interlocked.CompareExchange(ref state, Awaited, Quiet) == Quiet;

    /// <summary>True: it was rung, and there is, or will be in a moment, a sound to be taken.</summary>
    internal bool EndAwait() => Interlocked.CompareExchange(ref state, Quiet, Awaited) != Awaited;
}
