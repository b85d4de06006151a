using DmIo.Io;
using DmIo.TestKit;

namespace DmIo.Simulation;

/// <summary>
/// What the oracle knows of one device name: what its sectors may hold, and what of late could excuse a failure.
/// Moments are the oracle's; the end of time means: still.
/// </summary>
internal sealed class DeviceRecord(DevicePlan plan)
{
    private readonly List<(long At, SimulatedFaultEvent Fault)> faults = [];

    internal DiskOracle Disk { get; } = new(
        plan.Sectors,
        new DiskOracleOptions
        {
            Name = plan.Name, NameOf = static content => SectorValue.Name(SectorValue.Read(content)),
        });

    /// <summary>The last moment at which no device of that name may have been in service.</summary>
    internal long LastGone { get; set; } = long.MaxValue;

    /// <summary>The last moment at which the device may have failed for good, by a flush.</summary>
    internal long LastFailed { get; set; } = -1;

    /// <summary>When a device was attached under the name last.</summary>
    internal long Attached { get; set; }

    /// <summary>When a flush was answered with a failure, and the device therewith stopped; the end of time: none
    /// was, since it was attached.</summary>
    internal long FlushFailed { get; set; } = long.MaxValue;

    internal DevicePlan Plan => plan;

    /// <summary>It has that many sectors; those behind don't exist.</summary>
    internal int SectorCount => plan.Sectors;

    internal void Add(long now, SimulatedFaultEvent fault) => faults.Add((now, fault));

    /// <summary>Did anything go wrong at the device since then that can have met this?</summary>
    internal bool HasFault(long since, IoOperation operation, IoRegion region, bool isDurable) =>
        faults.Exists(fault => fault.At >= since && (fault.Fault.Operation == IoOperation.Flush
            ? operation == IoOperation.Flush || isDurable
            : operation != IoOperation.Flush && Meets(fault.Fault, region)));

    internal void Forget(long before) => faults.RemoveAll(fault => fault.At < before);

    private static bool Meets(SimulatedFaultEvent fault, IoRegion region) =>
        fault.Start.Value < region.Start.Value + region.Count.Value
        && region.Start.Value < fault.Start.Value + fault.Count.Value;
}
