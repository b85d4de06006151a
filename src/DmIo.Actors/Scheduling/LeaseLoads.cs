using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>The number of I/Os that each lease has at a device, waiting or in flight. Holds only leases with
/// I/Os.</summary>
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

    /// <summary>True if the lease has one I/O, while other leases have some too: the I/O waits for theirs.</summary>
    internal bool IsLight(LeaseId lease) => loads.Count > 1 && loads[lease] == 1;
}
