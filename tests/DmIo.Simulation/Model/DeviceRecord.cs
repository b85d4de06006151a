using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>
/// What the oracle knows of one device name: what its sectors may hold, and what of late could excuse a failure.
/// Moments are the oracle's; the end of time means: still.
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
            NameOf = static content => SectorValue.Name(SectorValue.Read(content)),
        });

    /// <summary>The last moment at which no device of that name may have been in service.</summary>
    internal long LastGone { get; set; } = long.MaxValue;

    /// <summary>The last moment at which the device may have failed for good, by a flush.</summary>
    internal long LastFailed { get; set; } = -1;

    /// <summary>When a device was attached under the name last.</summary>
    internal long Attached { get; private set; }

    /// <summary>When a flush was answered with a failure, and the device therewith stopped; the end of time: none
    /// was, since it was attached.</summary>
    internal long FlushFailed { get; set; } = long.MaxValue;

    internal DevicePlan Plan => plan;

    /// <summary>It has that many sectors; those behind don't exist.</summary>
    internal int SectorCount => plan.Sectors;

    internal void Happened(long now, SimulatedFaultEvent fault)
    {
        Disk.Excuse(fault);
        if (!IsFailure(fault))
        {
            return;
        }

        faults.Add((now, fault));
        if (fault.Operation == IoOperation.Flush || fault.ForceUnitAccess
            || (fault.Operation == IoOperation.Write && plan.Decorator == DecoratorKind.Limited))
        {
            // That of a write which is to be durable says the same as that of a flush; and some decorators make it so.
            LastFailed = long.MaxValue;
        }
    }

    /// <summary>It is attached anew, and may be trusted.</summary>
    internal void Attach(long now)
    {
        LastFailed = Math.Min(LastFailed, now);
        FlushFailed = long.MaxValue;
        Attached = now;
    }

    /// <summary>Did anything go wrong at the device since then that can have met this?</summary>
    internal bool HasFault(long since, IoOperation operation, IoRegion region, bool isDurable) =>
        faults.Exists(fault => fault.At >= since && (fault.Fault.Operation == IoOperation.Flush
            ? operation == IoOperation.Flush || isDurable
            : operation != IoOperation.Flush && Meets(fault.Fault, region)));

    internal void Forget(long before) => faults.RemoveAll(fault => fault.At < before);

    /// <summary>Others change what is there, or the time that it takes; but what stops short in a block time and again
    /// makes no progress.</summary>
    private bool IsFailure(SimulatedFaultEvent fault) => fault.Kind
        is SimulatedFaultKind.Error or SimulatedFaultKind.Torn or SimulatedFaultKind.Gone
        || (fault.Kind == SimulatedFaultKind.ShortTransfer && plan.BlockSectors > 1);

    private static bool Meets(SimulatedFaultEvent fault, IoRegion region) =>
        fault.Start.Value < region.Start.Value + region.Count.Value
        && region.Start.Value < fault.Start.Value + fault.Count.Value;
}
