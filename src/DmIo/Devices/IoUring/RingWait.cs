using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// Waiting, on the thread that submits, for a ring's next completion or its owner's bell: one wake-up in the place of
/// three (the submitter's, the reaper's, the owner's), which on a disk of 60 us is a third of the time; and what comes
/// meanwhile is sent by a thread that is awake. The thread is one that actors share: it is lent within
/// <see cref="WaitBounds"/>, and a ring on which it was in vain is let alone for twice as many turns each time, up to
/// 256.
/// </summary>
internal sealed class RingWait : IDisposable
{
    private const int MostVain = 8;

    private readonly MappedRing ring;
    private readonly DeviceBell bell;
    private readonly SafeFileHandle sound;
    private readonly WaitBounds bounds;
    private int vain;
    private int toSkip;

    private RingWait(MappedRing ring, DeviceBell bell, SafeFileHandle sound, WaitBounds bounds)
    {
        this.ring = ring;
        this.bell = bell;
        this.sound = sound;
        this.bounds = bounds;
        bell.SoundBy(() => RingNative.Signal(sound));
    }

    /// <summary>How often it waited.</summary>
    internal long Count { get; private set; }

    /// <summary>Null where the system has no event for it: then nobody waits.</summary>
    internal static RingWait? TryCreate(MappedRing ring, DeviceBell bell, WaitBounds bounds)
    {
        var errno = RingNative.CreateEvent(out var sound);
        if (errno == 0)
        {
            return new RingWait(ring, bell, sound, bounds);
        }

        sound.Dispose();
        return null;
    }

    /// <summary>True: something completed.</summary>
    internal bool WaitOnce()
    {
        if (--toSkip >= 0 || ring.HasCompletion)
        {
            return ring.HasCompletion;
        }

        toSkip = 0;
        if (bounds.TryEnter())
        {
            if (bell.TryAwait())
            {
                Listen();
            }

            bounds.Leave();
        }

        return ring.HasCompletion;
    }

    public void Dispose() => sound.Dispose();

    private void Listen()
    {
        Count++;
        RingNative.WaitForEither(ring.Handle, sound, bounds.LongestNanoseconds);
        var wasRung = bell.EndAwait();
        if (wasRung)
        {
            // Whoever rang signals, or has: nothing of it may be left for the next wait, nor come behind the Dispose.
            RingNative.TakeSignal(sound);
        }

        vain = wasRung || ring.HasCompletion ? 0 : Math.Min(vain + 1, MostVain);
        toSkip = vain == 0 ? 0 : 1 << vain;
    }
}
