using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// How many threads the kernel may make for operations that block: flushes, allocations, all reads of some file
/// systems (FUSE). They belong to the thread that sends, not to the ring, and serve whatever it sends to any ring; the
/// first ring that a thread sends to says how many it may have. So the number is one for all rings. The kernel's own
/// is that ring's depth or 4 a processor, whichever is less, for files: one stuck device takes them all. For anything
/// else it is as many threads as the user may have.
/// </summary>
internal static class RingWorkers
{
    /// <summary>
    /// For each thread that sends. A worker is made only for an operation that finds none idle, and all but a few end
    /// when they were idle for 5 seconds: there are as many as operations that block, not as many as there may be.
    /// Other devices are served as long as stuck ones hold fewer: seven of depth 32, even if one thread sent it all.
    /// </summary>
    internal const int PerThread = 256;

    private const uint Kinds = 2;

    /// <summary>Before anybody sends to it. Kernels before 5.15 refuse it and go on with their own numbers.</summary>
    internal static void Bound(SafeFileHandle ring, int perThread = PerThread) => _ = Register(ring, perThread);

    /// <summary>How many the thread that asks may have, for files and for all else; null before kernel 5.15.</summary>
    internal static (int Files, int Others)? Of(SafeFileHandle ring) => Register(ring, perThread: 0);

    /// <summary>Answers with what it was; 0 changes nothing.</summary>
    private static unsafe (int Files, int Others)? Register(SafeFileHandle ring, int perThread)
    {
        var counts = stackalloc int[] { perThread, perThread };
        var errno = RingNative.Register(ring, RingNative.RegisterMaxWorkers, counts, Kinds);
        return errno == 0 ? (counts[0], counts[1]) : null;
    }
}
