using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>The event that a ring signals when something is done, registered with the ring and told of by the
/// <see cref="RingReaper"/>.</summary>
internal sealed class RingSignal : IDisposable
{
    private readonly RingReaper reaper;
    private readonly SafeFileHandle handle;
    private long id;

    private RingSignal(RingReaper reaper, SafeFileHandle handle)
    {
        this.reaper = reaper;
        this.handle = handle;
    }

    /// <summary>One for this ring; errno where the system can't give it what it needs.</summary>
    internal static int TryCreate(MappedRing ring, RingReaper reaper, Action told, out RingSignal? signal)
    {
        signal = null;
        var errno = RingNative.CreateEvent(out var handle);
        errno = errno != 0 ? errno : Register(ring, handle);
        if (errno == 0)
        {
            signal = new RingSignal(reaper, handle);
            errno = reaper.Watch(handle, told, out signal.id);
        }

        if (errno != 0)
        {
            handle.Dispose();
            signal = null;
        }

        return errno;
    }

    public void Dispose()
    {
        reaper.Unwatch(handle, id);
        handle.Dispose();
    }

    private static unsafe int Register(MappedRing ring, SafeFileHandle handle)
    {
        var descriptor = (int)handle.DangerousGetHandle();
        return RingNative.Register(ring.Handle, RingNative.RegisterEvent, &descriptor, 1);
    }
}
