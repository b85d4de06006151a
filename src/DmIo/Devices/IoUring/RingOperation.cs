using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.IoUring;

/// <summary>
/// One call, from its beginning until its result was taken; reused after that, so that a call allocates nothing.
/// <code>
///   free --Begin--> waiting --Fill--> in the kernel --> Complete --GetResult--> free
///                      ^------- again, after a pause -----+
/// </code>
/// Invariant: the memory is pinned from Begin to Complete. Each submission has its own number (<see cref="UserData"/>),
/// so that the completion of an earlier submission can be identified.
/// </summary>
internal sealed class RingOperation(RingOperationTable table, int index)
    : TransferCompletionSource, IQueueItem<RingOperation>
{
    private readonly PinnedSegments memory = new();
    private DeviceOperation operation;
    private Exception? defect;
    private uint generation;

    internal ref readonly DeviceOperation Operation => ref operation;

    /// <summary>A flush is a confirmation, which only the store can make
    /// (<see cref="IFileEngine.ConfirmAcceptedAsync"/>).</summary>
    internal bool IsConfirmation { get; private set; }

    /// <summary>The fallocate mode of an operation that changes the extents of the file.</summary>
    internal int AllocationMode { get; set; }

    /// <summary>The operation is in the kernel, or will be with the next system call.</summary>
    internal bool IsInKernel { get; set; }

    /// <summary>The number of times that the operation was repeated.</summary>
    internal int Tries { get; set; }

    /// <summary>
    /// The operation failed because the system lacked a thread, memory or a descriptor, because of a signal, or because
    /// the thread that submitted it ended, and may be repeated. A read waits for a page in the name of the thread that
    /// submitted it; if that thread ends first, the kernel fails the read with EFAULT (Linux:
    /// <c>io_req_task_submit</c>). A sync may be repeated only if the kernel never began it (R14), which is the meaning
    /// of ECANCELED for a queued operation.
    /// </summary>
    /// <param name="errno">The error number of the operation.</param>
    /// <param name="wasQueued">True: the operation was made by the ring; false: by a blocking call of the store, whose
    /// EFAULT means that the memory cannot be accessed.</param>
    internal bool MayRepeat(int errno, bool wasQueued) =>
        operation.IsSync
            ? wasQueued && errno == Errno.Canceled
            : errno == Errno.Interrupted || Errno.IsShortage(errno) || (wasQueued && errno == Errno.BadAddress);

    public RingOperation? Next { get; set; }

    /// <summary>Identifies the submission: never 0, and different for each submission.</summary>
    internal ulong UserData => ((ulong)generation << 32) | (uint)index;

    /// <exception cref="Exception">The exception of a memory type of the caller when it is pinned; the operation has
    /// then not begun.</exception>
    internal void Begin(in DeviceOperation begun, bool isConfirmation)
    {
        if (begun.Data is { } data)
        {
            memory.Pin(data);
        }

        (operation, IsConfirmation, Tries) = (begun, isConfirmation, 0);
    }

    /// <summary>Fills the submission entry of the operation.</summary>
    internal void Fill(ref SubmissionEntry entry, RingBuffers buffers, RingAbilities abilities)
    {
        entry.OffsetBytes = operation.OffsetBytes;
        switch (operation.Kind)
        {
            case IoOperation.Read or IoOperation.Write:
                FillTransfer(ref entry, buffers, abilities);
                break;
            case IoOperation.Flush:
                entry.Opcode = RingOpcode.Flush;
                entry.OperationFlags = SubmissionEntry.DataOnly;
                break;
            case IoOperation.Discard or IoOperation.WriteZeroes:
                entry.Opcode = RingOpcode.Allocate;
                entry.Address = operation.LengthBytes;
                entry.Length = AllocationMode;
                break;
            default:
                throw new InvalidOperationException($"The ring does not make the call {operation.Kind}.");
        }

        IsInKernel = true;
        generation = generation == uint.MaxValue ? 1 : generation + 1;
        entry.UserData = UserData;
    }

    /// <summary>Releases the memory, then completes the call of the device: the memory is no longer accessed.</summary>
    /// <param name="result">The result.</param>
    /// <param name="isInline">True: the continuation of the caller runs within this call; false: on a pool
    /// thread.</param>
    internal void Complete(in TransferResult result, bool isInline)
    {
        memory.Release();
        var thrown = defect;
        (operation, defect) = (default, null);
        SetResult(result, thrown, isInline);
    }

    /// <summary>Converts the result of the kernel: bytes, 0, or a negated errno.</summary>
    internal TransferResult ResultOf(int completion) => FileCalls.ResultOf(operation, completion);

    /// <summary>Makes the blocking call of the store instead. Never throws: an exception is passed to the caller of the
    /// device.</summary>
    internal TransferResult CallStore(FileStore store) =>
        FileCalls.TryRun(store, operation, IsConfirmation, out defect);

    protected override void OnResultTaken() => table.Return(this);

    private unsafe void FillTransfer(ref SubmissionEntry entry, RingBuffers buffers, RingAbilities abilities)
    {
        var isFixed = buffers.TryFind(memory.Segments, out var place)
            && (memory.Count == 1 || abilities.HasFixedVectors);
        entry.BufferIndex = isFixed ? place : (ushort)0;
        entry.OperationFlags = operation.ForceUnitAccess ? SubmissionEntry.Durable : 0;
        if (memory.Count == 1)
        {
            entry.Address = memory.Segments[0].Address;
            entry.Length = (int)memory.Segments[0].LengthBytes;
        }
        else
        {
            entry.Address = (long)memory.First;
            entry.Length = memory.Count;
        }

        entry.Opcode = (operation.Kind == IoOperation.Read, memory.Count == 1, isFixed) switch
        {
            (true, true, true) => RingOpcode.ReadFixed,
            (true, true, false) => RingOpcode.Read,
            (true, false, true) => RingOpcode.ReadVectorFixed,
            (true, false, false) => RingOpcode.ReadVector,
            (false, true, true) => RingOpcode.WriteFixed,
            (false, true, false) => RingOpcode.Write,
            (false, false, true) => RingOpcode.WriteVectorFixed,
            (false, false, false) => RingOpcode.WriteVector,
        };
    }
}

/// <summary>
/// The operations of one ring: finds the operation of a completion, and keeps free operations for the next calls. One
/// owner at a time; only <see cref="Return"/> is called from any thread. Holds as many operations as were ever in
/// flight together, which the queue depth of the callers bounds.
/// </summary>
internal sealed class RingOperationTable
{
    private readonly List<RingOperation> all = [];
    private RingOperation? free;

    // A stack that others push to, and of which the owner takes all at once.
    private RingOperation? returned;

    /// <summary>Returns an operation that has begun; see <see cref="RingOperation.Begin"/>.</summary>
    internal RingOperation Begin(in DeviceOperation begun, bool isConfirmation)
    {
        free ??= Interlocked.Exchange(ref returned, null) ?? Add();
        var operation = free;
        operation.Begin(begun, isConfirmation);
        free = operation.Next;
        operation.Next = null;
        return operation;
    }

    /// <summary>Returns the operation in the kernel with this user data; null if there is none.</summary>
    internal RingOperation? Find(ulong userData)
    {
        var index = (uint)userData;
        if (index >= all.Count)
        {
            return null;
        }

        var operation = all[(int)index];
        return operation.IsInKernel && operation.UserData == userData ? operation : null;
    }

    /// <summary>Takes back an operation whose result was taken.</summary>
    internal void Return(RingOperation operation)
    {
        RingOperation? last;
        do
        {
            last = Volatile.Read(ref returned);
            operation.Next = last;
        }
        while (Interlocked.CompareExchange(ref returned, operation, last) != last);
    }

    private RingOperation Add()
    {
        var operation = new RingOperation(this, all.Count);
        all.Add(operation);
        return operation;
    }
}
