namespace DmIo.Devices.IoUring;

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
