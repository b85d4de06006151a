using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>How many I/Os each lease has at a device, waiting or in flight. Holds leases that have any.</summary>
internal sealed class LeaseLoads
{
    private readonly Dictionary<LeaseId, int> loads = [];

    internal void Add(LeaseId lease) => CollectionsMarshal.GetValueRefOrAddDefault(loads, lease, out _)++;

    internal void Remove(LeaseId lease)
    {
        ref var load = ref CollectionsMarshal.GetValueRefOrNullRef(loads, lease);
        if (--load == 0)
        {
            loads.Remove(lease);
        }
    }

    /// <summary>A lease that has one, where others have some too: whatever the device does for those, it waits
    /// for.</summary>
    internal bool IsLight(LeaseId lease) => loads.Count > 1 && loads[lease] == 1;
}
