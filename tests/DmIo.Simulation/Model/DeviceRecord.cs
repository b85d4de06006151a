using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>
/// The oracle's state for one device name: the possible content of its sectors, and recent events that allow failures.
/// Moments are the oracle's; <see cref="long.MaxValue"/> means that a condition still holds.
/// </summary>
internal sealed class DeviceRecord(DevicePlan plan)
{
    private readonly List<(long At, SimulatedFaultEvent Fault)> faults = [];

    internal DiskOracle Disk { get; } = new(
        ByteSize.FromSectors(plan.Sectors),
        new DiskOracleOptions
        {
            Name = plan.Name,
            HasVolatileCache = plan.HasVolatileCache,
            DescribeSector = static content => SectorValue.Name(SectorValue.Read(content)),
        });

    /// <summary>The last moment at which no device of this name may have been in service.</summary>
    internal long LastGone { get; set; } = long.MaxValue;

    /// <summary>The last moment at which the device may have been stopped by a failed flush.</summary>
    internal long LastFailed { get; set; } = -1;

    /// <summary>When a device was last attached under this name.</summary>
    internal long Attached { get; private set; }

    /// <summary>When the first flush since the attach was reported as failed, which stops the device;
    /// <see cref="long.MaxValue"/>: none was.</summary>
    internal long FlushFailed { get; set; } = long.MaxValue;

    internal DevicePlan Plan => plan;

    /// <summary>The capacity; sectors behind it do not exist.</summary>
    internal int SectorCount => plan.Sectors;

    internal void OnFault(long now, SimulatedFaultEvent fault)
    {
        Disk.AllowFault(fault);
        if (!IsFailure(fault))
        {
            return;
        }

        faults.Add((now, fault));
        if (fault.Operation == IoOperation.Flush || fault.ForceUnitAccess
            || (fault.Operation == IoOperation.Write && plan.Decorator == DecoratorKind.Limited))
        {
            // A failed write with FUA stops a device as a failed flush does, and some decorators turn writes into FUA
            // writes.
            LastFailed = long.MaxValue;
        }
    }

    /// <summary>The device is attached again, and works.</summary>
    internal void Attach(long now)
    {
        LastFailed = Math.Min(LastFailed, now);
        FlushFailed = long.MaxValue;
        Attached = now;
    }

    /// <summary>Whether a fault since then can have hit this operation.</summary>
    internal bool HasFault(long since, IoOperation operation, IoRegion region, bool isDurable) =>
        faults.Exists(fault => fault.At >= since && (fault.Fault.Operation == IoOperation.Flush
            ? operation == IoOperation.Flush || isDurable
            : operation != IoOperation.Flush && Overlaps(fault.Fault, region)));

    internal void Forget(long before) => faults.RemoveAll(fault => fault.At < before);

    /// <summary>Whether the fault can fail an operation. Other faults change content or latency; repeated short
    /// transfers within a block make no progress and fail.</summary>
    private bool IsFailure(SimulatedFaultEvent fault) => fault.Kind
        is SimulatedFaultKind.Error or SimulatedFaultKind.Torn or SimulatedFaultKind.Gone
        || (fault.Kind == SimulatedFaultKind.ShortTransfer && plan.BlockSectors > 1);

    private static bool Overlaps(SimulatedFaultEvent fault, IoRegion region) =>
        fault.Start.Value < region.Start.Value + region.Count.Value
        && region.Start.Value < fault.Start.Value + fault.Count.Value;
}
