using DmIo.Actors.Telemetry;

namespace DmIo.Simulation;

/// <summary>Checks the pages of the pool and the credit of the leases (R18, R19, R23), as the service counts
/// them.</summary>
internal sealed class CreditCheck(Oracle oracle)
{
    /// <summary>Called after each step.</summary>
    internal void Check(ServiceCounters counters)
    {
        var pool = counters.Pool;
        var held = 0;
        foreach (var lease in counters.Leases)
        {
            var (used, quarantined, lent) = (lease.PagesInFlight, lease.PagesQuarantined, lease.PagesLent);
            held += lease.Pages + lent;
            oracle.Require(
                lease.Credit == lease.Pages + lent - quarantined && used >= 0 && used <= lease.Credit,
                $"{used} pages are in I/O of lease {lease.Id}: {lease.Snapshot()}");
            oracle.Require(
                lent <= quarantined + used, $"lease {lease.Id} has lent pages that replace none: {lease.Snapshot()}");
            Note(lease.Credit < lease.Pages, CreditEvent.Shrunk);
            Note(quarantined > 0 && lease.Credit >= lease.Pages, CreditEvent.Replaced);
            Note(lent > quarantined, CreditEvent.LentForSlowDevice);
        }

        oracle.Require(
            pool.Free >= 0 && pool.Leased >= 0 && pool.Draining >= 0 && pool.Quarantined >= 0
                && pool.Free + pool.Leased + pool.Draining + pool.Quarantined <= pool.Max,
            $"the pool has {pool}");
        oracle.Require(
            held <= pool.Leased + pool.Draining + pool.Quarantined,
            $"leases have {held} pages, but the pool has {pool}");
    }

    /// <summary>Called when the service is idle: pages that devices hold are replaced, as far as the pool has
    /// pages.</summary>
    internal void CheckIdle(ServiceCounters counters, Workload workload, int available)
    {
        var open = workload.OpenLeases.ToDictionary(lease => lease.Id);
        var quarantined = 0;
        foreach (var lease in counters.Leases.Where(lease => open.ContainsKey(lease.Id)))
        {
            quarantined += lease.PagesQuarantined;
            oracle.Require(
                lease.Credit >= lease.Pages || available == 0,
                $"{available} pages are free, but not lent to lease {lease.Id}: {lease.Snapshot()}");
            oracle.Require(
                lease.PagesQuarantined == 0 || open[lease.Id].Held.Count > 0,
                $"no request holds the quarantined pages of lease {lease.Id}: {lease.Snapshot()}");
        }

        oracle.Require(
            counters.Pool.Quarantined == quarantined,
            $"{quarantined} pages of leases are quarantined, but the pool has {counters.Pool}");
    }

    internal static string Describe(ServiceCounters counters, SimulatedLease lease) =>
        $"{lease} is {counters.Leases.FirstOrDefault(one => one.Id == lease.Id)?.Snapshot()}";

    private void Note(bool isSo, CreditEvent sight)
    {
        if (isSo)
        {
            oracle.Cover(sight);
        }
    }
}

/// <summary>Changes of a lease's credit.</summary>
internal enum CreditEvent
{
    /// <summary>Less than was granted, because the pool has no page to lend.</summary>
    Shrunk,

    /// <summary>Pages are quarantined, and others are lent to replace them.</summary>
    Replaced,

    /// <summary>Pages are lent to replace those that a slow device holds.</summary>
    LentForSlowDevice,
}
