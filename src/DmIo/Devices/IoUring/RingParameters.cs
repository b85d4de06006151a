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
