using System.Collections.Concurrent;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// The thread that waits for the events of all rings of the process, and calls each ring that has completions. The
/// thread starts with the first ring and never ends; the callbacks must not block. The reaper refers to the owner of a
/// ring until <see cref="Unwatch"/>, so a ring with operations in the kernel is never collected.
/// </summary>
internal sealed class RingReaper
{
    private const int MaxSignals = 64;

    private static readonly Lock Gate = new();
    private static RingReaper? shared;

    private readonly SafeFileHandle poll;
    private readonly ConcurrentDictionary<long, Action> watched = new();
    private long lastId;

    private RingReaper(SafeFileHandle poll) => this.poll = poll;

    /// <summary>The reaper of the process; errno if the system lacks the resources for it.</summary>
    internal static int TryGet(out RingReaper? reaper)
    {
        lock (Gate)
        {
            var errno = shared is null ? TryStart(StartThread, out shared) : 0;
            reaper = shared;
            return errno;
        }
    }

    /// <summary>A separate reaper, for a test; null, and errno, if the system lacks the resources for it.</summary>
    internal static int TryStart(Action<ThreadStart> startThread, out RingReaper? reaper)
    {
        reaper = null;
        var errno = RingNative.CreatePoll(out var poll);
        try
        {
            if (errno == 0)
            {
                var started = new RingReaper(poll);
                startThread(started.Run);
                reaper = started;
            }

            return errno;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // .NET throws these if the system refuses a thread, for any reason.
            return Errno.TryAgain;
        }
        finally
        {
            if (reaper is null)
            {
                poll.Dispose();
            }
        }
    }

    /// <summary>Calls back at each signal of the event, on the thread of the reaper. Returns errno, 0 for
    /// success.</summary>
    internal int Watch(SafeFileHandle signal, Action told, out long id)
    {
        id = Interlocked.Increment(ref lastId);
        watched[id] = told;
        var errno = RingNative.AddPoll(poll, signal, id);
        if (errno != 0)
        {
            watched.TryRemove(id, out _);
        }

        return errno;
    }

    /// <summary>Ends the callbacks; a callback that has begun may still run.</summary>
    internal void Unwatch(SafeFileHandle signal, long id)
    {
        watched.TryRemove(id, out _);
        Invariant.Require(RingNative.RemovePoll(poll, signal) == 0);
    }

    private static void StartThread(ThreadStart run) =>
        new Thread(run) { IsBackground = true, Name = "DmIo ring reaper" }.Start();

    private void Run()
    {
        Span<long> ids = stackalloc long[MaxSignals];
        while (true)
        {
            var count = RingNative.WaitForPoll(poll, ids);
            Invariant.Require(count >= 0 || count == -Errno.Interrupted);
            for (var index = 0; index < count; index++)
            {
                if (watched.TryGetValue(ids[index], out var told))
                {
                    told();
                }
            }
        }
    }
}

/// <summary>The event that a ring signals at completions, registered with the ring and watched by the
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

    /// <summary>A signal for this ring; errno if the system lacks the resources for it.</summary>
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
