using System.Numerics;
using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices.IoUring;

/// <summary>
/// From a queue depth to a ring that is ready, or the reason why there is none: a sentence for people, who then have
/// threads instead. Asks newer kernels for more, and takes what older ones give, from 5.6 on.
/// </summary>
internal static class RingOpening
{
    // The first that the kernel takes. Never asked for is IORING_SETUP_COOP_TASKRUN: a completion would then wait
    // until the thread that submitted it enters the kernel again, which may be busy elsewhere for a tick; and it
    // measured the same. IORING_SETUP_DEFER_TASKRUN wants one thread for all submissions, which an actor's turns don't
    // have.
    private static readonly RingSetup[] Setups =
    [
        RingSetup.CompletionSize | RingSetup.Clamp | RingSetup.SubmitAll,
        RingSetup.CompletionSize | RingSetup.Clamp,
    ];

    /// <summary>A ring for that many operations in flight; null, and why, where there is none to be had.</summary>
    internal static MappedRing? TryOpen(int queueDepth, out RingAbilities abilities, out string reason)
    {
        abilities = new RingAbilities([]);
        if (!LinuxNative.IsAvailable)
        {
            reason = "io_uring needs 64-bit Linux.";
            return null;
        }

        var errno = TrySetup(queueDepth, out var ring, out reason);
        if (ring is null)
        {
            reason = errno == 0 ? reason : Explain(errno);
            return null;
        }

        var isReady = false;
        try
        {
            reason = Prepare(ring, out abilities);
            isReady = reason.Length == 0;
            return isReady ? ring : null;
        }
        finally
        {
            if (!isReady)
            {
                ring.Dispose();
            }
        }
    }

    /// <summary>Why <c>io_uring_setup</c> refused.</summary>
    internal static string Explain(int errno) => errno switch
    {
        Errno.NoSuchCall => "this kernel has no io_uring; Linux 5.6 has.",
        Errno.NotPermitted or Errno.AccessDenied =>
            "io_uring is forbidden here: by a seccomp filter (containers often have one), or by the setting "
            + "kernel.io_uring_disabled.",
        Errno.NoMemory =>
            "the limit of locked memory leaves no room for an io_uring; raise RLIMIT_MEMLOCK (ulimit -l).",
        Errno.TryAgain =>
            "no thread is left for an io_uring; raise the limit of threads (ulimit -u, or pids.max of the control "
            + "group).",
        Errno.TooManyFiles =>
            "the limit of open files leaves no room for an io_uring; raise RLIMIT_NOFILE (ulimit -n).",
        _ => $"io_uring can't be set up: {Errno.TextOf(errno)}.",
    };

    /// <summary>Empty; or why the ring is of no use.</summary>
    private static string Prepare(MappedRing ring, out RingAbilities abilities)
    {
        var errno = RingAbilities.Probe(ring.Handle, out abilities);
        if (errno != 0)
        {
            return $"this kernel's io_uring does not tell what it can ({Errno.TextOf(errno)}); Linux 5.6 does.";
        }

        if (abilities.Missing.Any())
        {
            return $"this kernel's io_uring lacks {string.Join(", ", abilities.Missing)}; Linux 5.6 has them.";
        }

        RingWorkers.Bound(ring.Handle);
        return string.Empty;
    }

    private static int TrySetup(int queueDepth, out MappedRing? ring, out string reason)
    {
        ring = null;
        reason = string.Empty;
        var entries = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(queueDepth, 1, MappedRing.MaxEntries));
        var errno = 0;
        foreach (var setup in Setups)
        {
            var parameters = new RingParameters { CompletionEntries = entries * 2, Setup = setup };
            errno = RingNative.Setup(entries, ref parameters, out var handle);
            if (errno == 0 && (parameters.Features & RingFeatures.Needed) == RingFeatures.Needed)
            {
                return TryMap(handle, parameters, out ring);
            }

            handle.Dispose();
            if (errno == 0)
            {
                reason = "this kernel's io_uring is too old; Linux 5.6 will do.";
                return 0;
            }

            if (errno != Errno.Invalid)
            {
                break;
            }
        }

        return errno;
    }

    private static int TryMap(
        Microsoft.Win32.SafeHandles.SafeFileHandle handle, in RingParameters parameters, out MappedRing? ring)
    {
        try
        {
            ring = new MappedRing(handle, parameters);
            return 0;
        }
        catch (IOException exception)
        {
            ring = null;
            return exception.HResult;
        }
    }
}
