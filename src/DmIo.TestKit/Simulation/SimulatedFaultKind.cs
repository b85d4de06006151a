namespace DmIo.TestKit.Simulation;

/// <summary>What a <see cref="SimulatedDevice"/> does wrong.</summary>
public enum SimulatedFaultKind
{
    /// <summary>The call fails, and nothing happened.</summary>
    Error,

    /// <summary>A read or a write moves a part, and says so: a short transfer. At least a sector, where it has
    /// two.</summary>
    ShortTransfer,

    /// <summary>A write (or zeroing) fails, and some of its sectors are there: a beginning, an end, or single
    /// ones.</summary>
    Torn,

    /// <summary>A write succeeds, but its data are somewhere else.</summary>
    Misdirected,

    /// <summary>A read succeeds, but a sector of it is not what is there.</summary>
    Corrupt,

    /// <summary>The call is not answered before <see cref="SimulatedDevice.ReleaseStuck"/>; then it goes
    /// well.</summary>
    Stuck,

    /// <summary>The call takes a hundred times as long as the slowest other.</summary>
    Late,

    /// <summary>The device is not there: the call fails with ENODEV, and nothing happened.</summary>
    Gone,
}
