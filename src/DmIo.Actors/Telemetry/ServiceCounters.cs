using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using DmIo.Memory;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The counters of one service's devices, leases and pool. The supervisor writes them; any thread reads them without a
/// message to it. Counts of detached devices and closed leases are added to the totals, so that totals never decrease.
/// The instruments of <see cref="DmIoMetrics"/> read them from <see cref="Start"/> to <see cref="Stop"/>.
/// </summary>
internal sealed class ServiceCounters(ITimeProvider clock)
{
    private static readonly Lock Gate = new();
    private static ImmutableArray<ServiceCounters> running = [];
    private static MessageStatistics ended = new(0, 0, 0, 0);

    private State state = new([], [], new PoolStatistics(0, 0, 0, 0, 0), new MessageStatistics(0, 0, 0, 0));

    /// <summary>The running services of this process.</summary>
    internal static ImmutableArray<ServiceCounters> Running
    {
        get
        {
            lock (Gate)
            {
                return running;
            }
        }
    }

    internal ImmutableArray<DeviceCounters> Devices => Volatile.Read(ref state).Devices;

    internal ImmutableArray<LeaseCounters> Leases => Volatile.Read(ref state).Leases;

    internal PoolStatistics Pool => Volatile.Read(ref state).Pool;

    internal ITimeProvider Clock => clock;

    internal void Start()
    {
        lock (Gate)
        {
            running = running.Add(this);
        }
    }

    internal void Stop()
    {
        lock (Gate)
        {
            if (running.Contains(this))
            {
                running = running.Remove(this);
                ended = ended.Plus(state.Total());
            }
        }
    }

    internal void Add(DeviceCounters device) => Set(state with { Devices = state.Devices.Add(device) });

    internal void Add(LeaseCounters lease) => Set(state with { Leases = state.Leases.Add(lease) });

    internal void Remove(DeviceCounters device) =>
        Set(state with { Devices = state.Devices.Remove(device), Gone = state.Gone.Plus(Of(device)) });

    internal void Remove(LeaseCounters lease) =>
        Set(state with { Leases = state.Leases.Remove(lease), Gone = state.Gone.Plus(Of(lease)) });

    /// <summary>Called after each message of the supervisor.</summary>
    internal void Update(PagePool pool)
    {
        var now = new PoolStatistics(
            pool.FreePages, pool.LeasedPages, pool.DrainingPages, pool.QuarantinedPages, pool.MaxPages);
        if (now != state.Pool)
        {
            Set(state with { Pool = now });
        }
    }

    /// <summary>The total of all services that ran in this process, so that it never decreases.</summary>
    internal static long TotalOf(Func<MessageStatistics, long> read)
    {
        lock (Gate)
        {
            return read(ended) + running.Sum(service => read(Volatile.Read(ref service.state).Total()));
        }
    }

    internal ServiceStatistics Snapshot()
    {
        var now = Volatile.Read(ref state);
        return new ServiceStatistics
        {
            ClockSeconds = clock.HighResMonotonicClock.TotalSeconds,
            Devices = [.. now.Devices.Select(device => device.Snapshot())
                .OrderBy(device => device.Name, StringComparer.Ordinal)],
            Leases = [.. now.Leases.Select(lease => lease.Snapshot())],
            Pool = now.Pool,
            Messages = now.Total(),
            Sections = ImmutableDictionary<string, IReadOnlyList<JsonElement>>.Empty,
        };
    }

    private static MessageStatistics Of(LeaseCounters lease) =>
        new(lease.Requests, lease.PagesWired, lease.Messages, lease.Turns);

    private static MessageStatistics Of(DeviceCounters device) =>
        new(Requests: 0, PagesWired: 0, device.Messages, device.Turns);

    private void Set(State next) => Volatile.Write(ref state, next);

    private sealed record State(
        ImmutableArray<DeviceCounters> Devices,
        ImmutableArray<LeaseCounters> Leases,
        PoolStatistics Pool,
        MessageStatistics Gone)
    {
        internal MessageStatistics Total() =>
            Devices.Select(Of).Concat(Leases.Select(Of)).Aggregate(Gone, (sum, one) => sum.Plus(one));
    }
}
