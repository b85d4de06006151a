namespace DmIo.TestKit.Simulation;

/// <summary>The kinds of faults of a <see cref="SimulatedDevice"/>.</summary>
public enum SimulatedFaultKind
{
    /// <summary>The call fails without any effect.</summary>
    Error,

    /// <summary>A short transfer: a read or a write transfers only a part, and reports it. At least one sector, if the
    /// call has two.</summary>
    ShortTransfer,

    /// <summary>A write (or zeroing) fails, but some of its sectors are written: a prefix, a suffix, or single
    /// ones.</summary>
    Torn,

    /// <summary>A write succeeds, but its data are written to other sectors.</summary>
    Misdirected,

    /// <summary>A read succeeds, but returns wrong data for a sector.</summary>
    Corrupt,

    /// <summary>The call does not complete before <see cref="SimulatedDevice.ReleaseHung"/>; then it
    /// succeeds.</summary>
    Hung,

    /// <summary>The call takes a hundred times the maximum latency.</summary>
    Slow,

    /// <summary>The device is missing: the call fails with ENODEV, without any effect.</summary>
    Gone,
}
