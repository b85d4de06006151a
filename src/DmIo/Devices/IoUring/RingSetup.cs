namespace DmIo.Devices.IoUring;

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
