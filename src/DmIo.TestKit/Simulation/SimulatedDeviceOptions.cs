using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.TestKit.Simulation;

/// <summary>The options of a <see cref="SimulatedDevice"/>.</summary>
public sealed record SimulatedDeviceOptions
{
    /// <summary>The seed of all random decisions.</summary>
    public int Seed { get; init; }

    /// <summary>The minimum latency; 0: one call in four completes synchronously.</summary>
    public TimeSpan MinLatency { get; init; } = TimeSpan.Zero;

    /// <summary>The maximum latency. Calls in flight complete in any order within these bounds.</summary>
    public TimeSpan MaxLatency { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The faults. If several match a call, the first one applies.</summary>
    public IReadOnlyList<SimulatedFault> Faults { get; init; } = [];

    /// <summary>Completes calls only when the owner calls <see cref="IBlockDevice.Poll"/>, like io_uring, if the owner
    /// supports that.</summary>
    public bool CompletesInPoll { get; init; }

    /// <summary>Changes the device's description: its block size, its limits, its supported operations.</summary>
    public Func<DeviceDescription, DeviceDescription>? Describe { get; init; }

    /// <summary>Called for each fault when it happens.</summary>
    public Action<SimulatedFaultEvent>? Observer { get; init; }
}

/// <summary>A fault of a <see cref="SimulatedDevice"/>, and the calls and times to which it applies. By default: every
/// call, at any time.</summary>
/// <param name="Kind">The kind of the fault.</param>
public sealed record SimulatedFault(SimulatedFaultKind Kind)
{
    /// <summary>The calls to which the fault applies, by operation and sectors.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>The probability for each call, 0 to 1, from the device's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>The time at which the fault begins, counted from the construction of the device.</summary>
    public TimeSpan From { get; init; }

    /// <summary>The time at which the fault ends, counted in the same way; null: never.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>The maximum number of occurrences; null: no limit.</summary>
    public int? MaxCount { get; init; }

    /// <summary>The error number of an error; EIO by default.</summary>
    public int Errno { get; init; } = 5;
}

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

/// <summary>The occurrence of a fault, for tests that must know when a device returned wrong data.</summary>
/// <param name="Kind">The kind of the fault.</param>
/// <param name="Operation">The operation of the call.</param>
/// <param name="Start">The first sector of the call, or of the affected sectors if they lie elsewhere.</param>
/// <param name="Count">The number of sectors.</param>
/// <param name="ForceUnitAccess">The call was a durable write (FUA).</param>
public readonly record struct SimulatedFaultEvent(
    SimulatedFaultKind Kind, IoOperation Operation, Sector Start, SectorCount Count, bool ForceUnitAccess);
