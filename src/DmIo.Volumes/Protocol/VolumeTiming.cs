namespace DmIo.Volumes.Protocol;

/// <summary>The times that writer and voters share.</summary>
internal static class VolumeTiming
{
    /// <summary>How long a voter refuses other writers after it granted a read lease.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <summary>How long a writer trusts a lease, from the time of sending on: a tenth less, for clocks that run at
    /// different speeds.</summary>
    internal static readonly TimeSpan TrustedLease = Lease * 0.9;

    /// <summary>The time on the clock of leases.</summary>
    internal static TimeSpan Now(TimeProvider clock) =>
        TimeSpan.FromMilliseconds(clock.GetTimestamp() * 1000.0 / clock.TimestampFrequency);
}
