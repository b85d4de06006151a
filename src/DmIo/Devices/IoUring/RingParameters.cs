using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>
/// What is asked of <c>io_uring_setup</c>, and what it answers: <c>struct io_uring_params</c>, with those fields that
/// we use. The offsets say where in the shared mappings each counter is.
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

/// <summary>How a ring is to be set up (<c>IORING_SETUP_*</c>).</summary>
[Flags]
internal enum RingSetup : uint
{
    None = 0,

    /// <summary>We say how many completions it holds.</summary>
    CompletionSize = 1 << 3,

    /// <summary>Sizes beyond the kernel's limits are made smaller, not refused.</summary>
    Clamp = 1 << 4,

    /// <summary>An operation that is refused does not keep those behind it from being taken (kernel 5.18).</summary>
    SubmitAll = 1 << 7,
}

/// <summary>What the kernel's rings can (<c>IORING_FEAT_*</c>); all of these came with 5.5 at the latest.</summary>
[Flags]
internal enum RingFeatures : uint
{
    None = 0,

    /// <summary>Both queues lie in one mapping.</summary>
    SingleMapping = 1 << 0,

    /// <summary>A completion that finds no room is kept, not lost.</summary>
    NoDrop = 1 << 1,

    /// <summary>What a submission points at (iovecs) is needed only until it was submitted.</summary>
    SubmitStable = 1 << 2,

    Needed = SingleMapping | NoDrop | SubmitStable,
}
