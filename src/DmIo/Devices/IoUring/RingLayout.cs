using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>A submission queue entry: <c>struct io_uring_sqe</c>, the same on every 64-bit architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct SubmissionEntry
{
    internal const int SizeBytes = 64;

    /// <summary><see cref="File"/> is an index into the registered files (<c>IOSQE_FIXED_FILE</c>).</summary>
    internal const byte RegisteredFile = 1;

    /// <summary>For <see cref="OperationFlags"/> of a flush: data, and the metadata that is needed to find
    /// it.</summary>
    internal const uint DataOnly = 1;

    /// <summary>For <see cref="OperationFlags"/> of a write: <c>RWF_DSYNC</c>.</summary>
    internal const uint Durable = 2;

    [FieldOffset(0)]
    internal RingOpcode Opcode;

    [FieldOffset(1)]
    internal byte Flags;

    [FieldOffset(4)]
    internal int File;

    [FieldOffset(8)]
    internal long OffsetBytes;

    /// <summary>The address of the first byte or iovec; for an allocation, the number of bytes.</summary>
    [FieldOffset(16)]
    internal long Address;

    /// <summary>The number of bytes or iovecs; for an allocation, its mode.</summary>
    [FieldOffset(24)]
    internal int Length;

    [FieldOffset(28)]
    internal uint OperationFlags;

    /// <summary>Returned in the <see cref="CompletionEntry"/>.</summary>
    [FieldOffset(32)]
    internal ulong UserData;

    [FieldOffset(40)]
    internal ushort BufferIndex;
}

/// <summary>A completion queue entry: <c>struct io_uring_cqe</c>.</summary>
/// <param name="UserData">The <see cref="SubmissionEntry.UserData"/> of the completed operation.</param>
/// <param name="Result">The number of bytes transferred, or 0, or a negative errno.</param>
/// <param name="Flags">Not set by any operation in use here.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CompletionEntry(ulong UserData, int Result, uint Flags);

/// <summary>The operations of io_uring that we use, by the kernel's numbers (<c>IORING_OP_*</c>).</summary>
internal enum RingOpcode : byte
{
    ReadVector = 1,
    WriteVector = 2,
    Flush = 3,
    ReadFixed = 4,
    WriteFixed = 5,
    Allocate = 17,
    Read = 22,
    Write = 23,

    /// <summary>Kernel 6.15.</summary>
    ReadVectorFixed = 60,

    /// <summary>Kernel 6.15.</summary>
    WriteVectorFixed = 61,
}

/// <summary>
/// The parameters and results of <c>io_uring_setup</c>: <c>struct io_uring_params</c>, with the fields that are used
/// here. The offsets are the positions of the counters in the shared mappings.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct RingParameters
{
    internal const int SizeBytes = 120;

    [FieldOffset(0)]
    internal uint SubmissionEntries;

    [FieldOffset(4)]
    internal uint CompletionEntries;

    [FieldOffset(8)]
    internal RingSetup Setup;

    [FieldOffset(20)]
    internal RingFeatures Features;

    [FieldOffset(40)]
    internal uint SubmissionHead;

    [FieldOffset(44)]
    internal uint SubmissionTail;

    [FieldOffset(56)]
    internal uint SubmissionFlags;

    [FieldOffset(64)]
    internal uint SubmissionArray;

    [FieldOffset(80)]
    internal uint CompletionHead;

    [FieldOffset(84)]
    internal uint CompletionTail;

    [FieldOffset(100)]
    internal uint Completions;

    [FieldOffset(104)]
    internal uint CompletionFlags;
}

/// <summary>The setup flags of a ring (<c>IORING_SETUP_*</c>).</summary>
[Flags]
internal enum RingSetup : uint
{
    None = 0,

    /// <summary>The caller specifies the size of the completion queue.</summary>
    CompletionSize = 1 << 3,

    /// <summary>Sizes beyond the limits of the kernel are reduced, not refused.</summary>
    Clamp = 1 << 4,

    /// <summary>A refused operation does not prevent the submission of the operations after it (kernel 5.18).</summary>
    SubmitAll = 1 << 7,
}

/// <summary>The features of a ring (<c>IORING_FEAT_*</c>); kernels from 5.5 on have all of these.</summary>
[Flags]
internal enum RingFeatures : uint
{
    None = 0,

    /// <summary>Both queues lie in one mapping.</summary>
    SingleMapping = 1 << 0,

    /// <summary>A completion that does not fit in the queue is kept, not lost.</summary>
    NoDrop = 1 << 1,

    /// <summary>The data that a submission points to (iovecs) is needed only until the submission.</summary>
    SubmitStable = 1 << 2,

    Needed = SingleMapping | NoDrop | SubmitStable,
}
