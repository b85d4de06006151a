using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// One io_uring of the kernel: its two queues in shared memory, and the calls on it. One owner at a time; only
/// <see cref="SignalsEvent"/> may be set from another thread. Invariant: entries between the kernel's head and our tail
/// were written and not yet taken; the kernel takes them only within <see cref="Enter"/>. Not sealed, so that tests can
/// change the results of the kernel.
/// </summary>
internal unsafe class MappedRing : IDisposable
{
    /// <summary>The largest number of entries of a submission queue (<c>IORING_MAX_ENTRIES</c>).</summary>
    internal const int MaxEntries = 32768;

    private const long EntriesOffset = 0x10000000;
    private const uint OverflowFlag = 1 << 1;
    private const uint EventDisabled = 1;

    private readonly byte* queues;
    private readonly nuint queuesLength;
    private readonly byte* entries;
    private readonly nuint entriesLength;
    private readonly RingParameters parameters;

    // Copies of the counters that only this side changes.
    private uint submissionTail;
    private uint completionHead;
    private bool isDisposed;

    /// <summary>Maps a ring that was set up. The object owns the handle.</summary>
    /// <exception cref="IOException">The mapping failed. The handle is closed.</exception>
    internal MappedRing(SafeFileHandle handle, in RingParameters parameters)
    {
        Handle = handle;
        this.parameters = parameters;
        queuesLength = Math.Max(
            parameters.SubmissionArray + (parameters.SubmissionEntries * sizeof(uint)),
            parameters.Completions + (parameters.CompletionEntries * (nuint)sizeof(CompletionEntry)));
        entriesLength = parameters.SubmissionEntries * (nuint)SubmissionEntry.SizeBytes;
        var errno = RingNative.Map(handle, queuesLength, 0, out queues);
        if (errno == 0)
        {
            errno = RingNative.Map(handle, entriesLength, EntriesOffset, out entries);
            if (errno != 0)
            {
                RingNative.Unmap(queues, queuesLength);
            }
        }

        if (errno != 0)
        {
            handle.Dispose();
            throw new IOException(Errno.TextOf(errno), errno);
        }

        for (var index = 0u; index < parameters.SubmissionEntries; index++)
        {
            // The kernel's indirection is not used: slot n is entry n.
            ((uint*)(queues + parameters.SubmissionArray))[index] = index;
        }
    }

    internal SafeFileHandle Handle { get; }

    /// <summary>The number of entries of the submission queue; a power of two.</summary>
    internal int SubmissionEntries => (int)parameters.SubmissionEntries;

    /// <summary>The number of entries of the completion queue; a power of two.</summary>
    internal int CompletionEntries => (int)parameters.CompletionEntries;

    /// <summary>The number of entries that were written and not yet taken by the kernel.</summary>
    internal int Unsubmitted => (int)(submissionTail - Counter(parameters.SubmissionHead));

    /// <summary>There is room for an entry.</summary>
    internal bool HasRoom => Unsubmitted < SubmissionEntries;

    /// <summary>There is a completion to take.</summary>
    internal bool HasCompletion => completionHead != Counter(parameters.CompletionTail);

    /// <summary>The completion queue overflowed: only an <see cref="Enter"/> with GetEvents moves these completions
    /// into the queue.</summary>
    internal bool HasOverflow => (Counter(parameters.SubmissionFlags) & OverflowFlag) != 0;

    /// <summary>
    /// A completion signals the registered event. Setting it is a full barrier: <see cref="HasCompletion"/> then sees
    /// all earlier completions.
    /// </summary>
    internal bool SignalsEvent
    {
        set
        {
            Volatile.Write(ref *(uint*)(queues + parameters.CompletionFlags), value ? 0 : EventDisabled);
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Returns the next entry, empty, to be filled in before the next <see cref="Enter"/>. Call it only if
    /// there is room.</summary>
    internal ref SubmissionEntry NextEntry()
    {
        Invariant.Require(HasRoom);
        var entry = (SubmissionEntry*)entries + (submissionTail & (parameters.SubmissionEntries - 1));
        submissionTail++;
        *entry = default;
        return ref *entry;
    }

    /// <summary>Submits the written entries. Returns the number of entries that the kernel took, or a negative errno;
    /// the other entries remain.</summary>
    internal virtual int Enter(uint flags)
    {
        var count = Unsubmitted;
        Volatile.Write(ref *(uint*)(queues + parameters.SubmissionTail), submissionTail);
        return RingNative.Enter(Handle, (uint)count, flags);
    }

    /// <summary>Takes a completion.</summary>
    internal virtual bool TryTake(out CompletionEntry completion)
    {
        if (!HasCompletion)
        {
            completion = default;
            return false;
        }

        var index = completionHead & (parameters.CompletionEntries - 1);
        completion = ((CompletionEntry*)(queues + parameters.Completions))[index];
        Volatile.Write(ref *(uint*)(queues + parameters.CompletionHead), ++completionHead);
        return true;
    }

    /// <summary>Takes back the last entry that the kernel did not take.</summary>
    internal bool TryTakeBack(out ulong userData)
    {
        userData = 0;
        if (Unsubmitted == 0)
        {
            return false;
        }

        submissionTail--;
        userData = ((SubmissionEntry*)entries + (submissionTail & (parameters.SubmissionEntries - 1)))->UserData;
        return true;
    }

    /// <summary>Unmaps and closes the ring. Nothing may be in flight.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>See <see cref="Dispose()"/>; there is no finalizer, because operations in flight may still need the
    /// ring.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!isDisposed)
        {
            isDisposed = true;
            RingNative.Unmap(entries, entriesLength);
            RingNative.Unmap(queues, queuesLength);
            Handle.Dispose();
        }
    }

    private uint Counter(uint offset) => Volatile.Read(ref *(uint*)(queues + offset));
}
