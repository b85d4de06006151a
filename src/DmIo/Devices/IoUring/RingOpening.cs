using System.Collections.Frozen;
using System.Numerics;
using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// Opens a ring for a queue depth, or returns the reason why that is impossible as a sentence for users; the file is
/// then served by threads. Requests features of newer kernels, but accepts kernels from 5.6 on.
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

    /// <summary>Returns a ring for a number of operations in flight; null, with the reason, if there is none.</summary>
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

    /// <summary>The reason why <c>io_uring_setup</c> failed.</summary>
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

    /// <summary>The reason why the ring cannot be used; empty: it can.</summary>
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

/// <summary>The operations that the io_uring of the kernel supports, as the kernel reports them
/// (<c>IORING_REGISTER_PROBE</c>).</summary>
/// <param name="Opcodes">The supported operations of <see cref="RingOpcode"/>.</param>
internal sealed record RingAbilities(FrozenSet<RingOpcode> Opcodes)
{
    private const int ProbedOpcodes = 256;
    private const int HeaderBytes = 16;
    private const int OpcodeBytes = 8;
    private const int FlagsOffset = 2;

    private static readonly RingOpcode[] Needed =
    [
        RingOpcode.Read, RingOpcode.Write, RingOpcode.ReadVector, RingOpcode.WriteVector, RingOpcode.ReadFixed,
        RingOpcode.WriteFixed, RingOpcode.Flush, RingOpcode.Allocate,
    ];

    /// <summary>Vectors of registered memory.</summary>
    internal bool HasFixedVectors =>
        Opcodes.Contains(RingOpcode.ReadVectorFixed) && Opcodes.Contains(RingOpcode.WriteVectorFixed);

    /// <summary>The required operations that are missing; kernels from 5.6 on support all of them.</summary>
    internal IEnumerable<RingOpcode> Missing => Needed.Where(opcode => !Opcodes.Contains(opcode));

    /// <summary>Queries the kernel. Returns errno, 0 for success.</summary>
    internal static unsafe int Probe(SafeFileHandle ring, out RingAbilities abilities)
    {
        var answer = stackalloc byte[HeaderBytes + (ProbedOpcodes * OpcodeBytes)];
        new Span<byte>(answer, HeaderBytes + (ProbedOpcodes * OpcodeBytes)).Clear();
        var errno = RingNative.Register(ring, RingNative.RegisterProbe, answer, ProbedOpcodes);
        var found = new List<RingOpcode>();
        foreach (var opcode in Enum.GetValues<RingOpcode>())
        {
            if (errno == 0 && (answer[HeaderBytes + ((int)opcode * OpcodeBytes) + FlagsOffset] & 1) != 0)
            {
                found.Add(opcode);
            }
        }

        abilities = new RingAbilities(found.ToFrozenSet());
        return errno;
    }
}

/// <summary>
/// The limit of kernel threads for operations that block: flushes, allocations, all reads of some file systems (FUSE).
/// The threads belong to the submitting thread, not to the ring, and serve its submissions to any ring; the first ring
/// that a thread submits to sets the limit of that thread. Therefore all rings share one limit. The default of the
/// kernel for files is the depth of that ring or 4 per processor, whichever is less: one hung device takes all of them.
/// For other operations the default is the thread limit of the user.
/// </summary>
internal static class RingWorkers
{
    /// <summary>
    /// The limit for each submitting thread. A worker is created only if no worker is idle, and all but a few workers
    /// end after 5 idle seconds: there are as many workers as blocked operations, up to this limit. Other devices are
    /// served as long as hung devices occupy fewer workers: seven devices of depth 32, even if one thread submitted all
    /// of their operations.
    /// </summary>
    internal const int PerThread = 256;

    private const uint Kinds = 2;

    /// <summary>Sets the limit, before the first submission. Kernels before 5.15 refuse it and keep their own
    /// limits.</summary>
    internal static void Bound(SafeFileHandle ring, int perThread = PerThread) => _ = Register(ring, perThread);

    /// <summary>The limits of the calling thread, for files and for other operations; null before kernel
    /// 5.15.</summary>
    internal static (int Files, int Others)? Of(SafeFileHandle ring) => Register(ring, perThread: 0);

    /// <summary>Returns the previous limits; 0 changes nothing.</summary>
    private static unsafe (int Files, int Others)? Register(SafeFileHandle ring, int perThread)
    {
        var counts = stackalloc int[] { perThread, perThread };
        var errno = RingNative.Register(ring, RingNative.RegisterMaxWorkers, counts, Kinds);
        return errno == 0 ? (counts[0], counts[1]) : null;
    }
}
