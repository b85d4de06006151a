using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.IoUring;

/// <summary>
/// One call, from its beginning until its result was taken; reused after that, so that a call allocates nothing.
/// <code>
///   free --Begin--> waiting --Fill--> in the kernel --> Answer --GetResult--> free
///                      ^------- again, after a pause -----+
/// </code>
/// Invariant: the memory is pinned from Begin to Answer. Each submission has its own number (<see cref="UserData"/>),
/// so that the completion of an earlier submission can be identified.
/// </summary>
internal sealed class RingOperation(RingOperationTable table, int index) : AnswerSource, IQueueItem<RingOperation>
{
    private readonly PinnedSegments memory = new();
    private uint generation;

    internal RingCall Call { get; private set; }

    internal long OffsetBytes { get; private set; }

    internal long LengthBytes { get; private set; }

    /// <summary>The flags of a write-zeroes operation.</summary>
    internal WriteZeroesFlags Zeroing { get; set; }

    /// <summary>The fallocate mode of an operation that changes the extents of the file.</summary>
    internal int AllocationMode { get; set; }

    /// <summary>The memory of the caller for a read or a write.</summary>
    internal SegmentBatch? Batch { get; private set; }

    /// <summary>The operation is in the kernel, or will be with the next system call.</summary>
    internal bool IsInKernel { get; set; }

    /// <summary>The number of times that the operation was repeated.</summary>
    internal int Tries { get; set; }

    /// <summary>
    /// The operation failed because the system lacked a thread, memory or a descriptor, or because of a signal, and may
    /// be repeated. A sync may be repeated only if the kernel never began it (R14), which is the meaning of ECANCELED
    /// for a queued operation.
    /// </summary>
    /// <param name="errno">The error number of the operation.</param>
    /// <param name="wasQueued">True: the operation was made by the ring; false: by a blocking call of the
    /// store.</param>
    internal bool MayRepeat(int errno, bool wasQueued) =>
        Call is RingCall.Flush or RingCall.DurableWrite or RingCall.ConfirmAccepted
            ? wasQueued && errno == Errno.Canceled
            : errno == Errno.Interrupted || Errno.IsShortage(errno);

    public RingOperation? Next { get; set; }

    /// <summary>Identifies the submission: never 0, and different for each submission.</summary>
    internal ulong UserData => ((ulong)generation << 32) | (uint)index;

    /// <exception cref="Exception">The exception of a memory type of the caller when it is pinned; the operation has
    /// then not begun.</exception>
    internal void Begin(RingCall call, long offsetBytes, long lengthBytes, SegmentBatch? batch)
    {
        if (batch is not null)
        {
            memory.Pin(batch);
        }

        (Call, OffsetBytes, LengthBytes, Batch, Tries) = (call, offsetBytes, lengthBytes, batch, 0);
    }

    /// <summary>Fills the submission entry of the operation.</summary>
    internal void Fill(ref SubmissionEntry entry, RingBuffers buffers, RingAbilities abilities)
    {
        entry.OffsetBytes = OffsetBytes;
        switch (Call)
        {
            case RingCall.Flush:
                entry.Opcode = RingOpcode.Flush;
                entry.OffsetBytes = 0;
                entry.OperationFlags = SubmissionEntry.DataOnly;
                break;
            case RingCall.Discard or RingCall.WriteZeroes:
                entry.Opcode = RingOpcode.Allocate;
                entry.Address = LengthBytes;
                entry.Length = AllocationMode;
                break;
            default:
                FillTransfer(ref entry, buffers, abilities);
                break;
        }

        IsInKernel = true;
        generation = generation == uint.MaxValue ? 1 : generation + 1;
        entry.UserData = UserData;
    }

    /// <summary>Releases the memory, then completes the call of the device: the memory is no longer accessed.</summary>
    /// <param name="result">The result; a status is a transfer of 0 bytes.</param>
    /// <param name="isInline">True: the continuation of the caller runs within this call; false: on a pool
    /// thread.</param>
    internal void Answer(TransferResult result, bool isInline)
    {
        memory.Release();
        Batch = null;
        SetAnswer(result, defect: null, isInline);
    }

    /// <summary>Converts the result of the kernel: bytes, 0, or a negated errno. A status is a transfer of 0
    /// bytes.</summary>
    internal TransferResult ResultOf(int completion) => Call switch
    {
        RingCall.Read => FileCalls.ReadResult(completion, OffsetBytes, LengthBytes),
        RingCall.Write or RingCall.DurableWrite => FileCalls.WriteResult(completion, OffsetBytes, LengthBytes),
        RingCall.Flush => new TransferResult(0, FileCalls.FlushStatus(-completion)),
        RingCall.Discard => new TransferResult(0, FileCalls.DiscardStatus(-completion, OffsetBytes, LengthBytes)),
        RingCall.WriteZeroes =>
            new TransferResult(0, FileCalls.WriteZeroesStatus(-completion, OffsetBytes, LengthBytes)),
        _ => throw new InvalidOperationException($"{Call} has no result of the kernel."),
    };

    /// <summary>Makes the blocking call of the store instead. Never throws: exceptions become statuses.</summary>
    internal TransferResult CallStore(FileStore store)
    {
        try
        {
            return Call switch
            {
                RingCall.Read => FileCalls.Read(store, OffsetBytes, Batch!),
                RingCall.Write => FileCalls.Write(store, OffsetBytes, Batch!, forceUnitAccess: false),
                RingCall.DurableWrite => FileCalls.Write(store, OffsetBytes, Batch!, forceUnitAccess: true),
                RingCall.Flush => new TransferResult(0, FileCalls.Flush(store)),
                RingCall.ConfirmAccepted => new TransferResult(0, FileCalls.ConfirmAccepted(store)),
                RingCall.Discard => new TransferResult(0, FileCalls.Discard(store, OffsetBytes, LengthBytes)),
                RingCall.WriteZeroes =>
                    new TransferResult(0, FileCalls.WriteZeroes(store, OffsetBytes, LengthBytes, Zeroing)),
                _ => throw new InvalidOperationException($"{Call} is unknown."),
            };
        }
        catch (Exception exception)
        {
            return TransferResult.Failed(Errno.StatusOf(exception, $"{Call} at byte {OffsetBytes}"));
        }
    }

    protected override void OnTaken() => table.Return(this);

    private unsafe void FillTransfer(ref SubmissionEntry entry, RingBuffers buffers, RingAbilities abilities)
    {
        var isFixed = buffers.TryFind(memory.Segments, out var place)
            && (memory.Count == 1 || abilities.HasFixedVectors);
        entry.BufferIndex = isFixed ? place : (ushort)0;
        entry.OperationFlags = Call == RingCall.DurableWrite ? SubmissionEntry.Durable : 0;
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

        entry.Opcode = (Call == RingCall.Read, memory.Count == 1, isFixed) switch
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

/// <summary>The calls of <see cref="IFileEngine"/>.</summary>
internal enum RingCall : byte
{
    Read,
    Write,
    DurableWrite,
    Flush,
    ConfirmAccepted,
    Discard,
    WriteZeroes,
}
