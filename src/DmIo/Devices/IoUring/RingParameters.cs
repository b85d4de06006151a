using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

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
