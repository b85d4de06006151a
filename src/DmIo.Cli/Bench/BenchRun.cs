using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Cli;

/// <summary>
/// One measurement: leases are opened, driven for the window all at once, and added up. <see cref="Completed"/> may be
/// read while it runs.
/// </summary>
internal sealed class BenchRun : IAsyncDisposable
{
    private readonly List<IBenchLane> lanes = [];

    /// <summary>Requests answered so far, with those of the warm-up.</summary>
    internal long Completed => CompletedBy(lanes);

    /// <summary>Opens a lease for each lane.</summary>
    /// <exception cref="IoRefusedException">There are not enough pages.</exception>
    internal async Task OpenAsync(
        ActorSystem system, DmIoService service, BenchWorkload workload, BenchCaller caller, int leases)
    {
        for (var lease = 0; lease < leases; lease++)
        {
            var share = workload.ShareOf(lease, leases);
            var pattern = new BenchPattern(share, lease, leases);
            lanes.Add(await (caller switch
            {
                BenchCaller.Ask => WorkerLane.OpenAskAsync(system, service, share, pattern),
                BenchCaller.Client => WorkerLane.OpenClientAsync(service, share, pattern),
                _ => TellLane.OpenAsync(system, service, share, pattern),
            }));
        }
    }

    /// <inheritdoc cref="RunAsync(IReadOnlyList{IBenchLane}, BenchLimits, CancellationToken)"/>
    internal Task<BenchOutcome> RunAsync(BenchLimits limits, CancellationToken interrupted) =>
        RunAsync(lanes, limits, interrupted);

    /// <summary>Drives all lanes until the limits are reached, or until it is interrupted and all is
    /// answered.</summary>
    internal static async Task<BenchOutcome> RunAsync(
        IReadOnlyList<IBenchLane> lanes, BenchLimits limits, CancellationToken interrupted)
    {
        var window = new BenchWindow(limits, interrupted);
        var running = Task.WhenAll(lanes.Select(lane => lane.RunAsync(window)));
        await Task.WhenAny(running, Task.Delay(limits.WarmUp, interrupted));
        var before = Effort.Now(lanes);
        await running;
        var effort = Effort.Now(lanes).Since(before);

        var total = new BenchTally();
        foreach (var tally in lanes.SelectMany(lane => lane.Tallies))
        {
            total.Add(tally);
        }

        var end = window.IsInterrupted || limits.Requests is not null ? total.LastDone : window.End;
        return new BenchOutcome(
            total,
            TimeSpan.FromSeconds(Math.Max(0, end - window.Start) / (double)Stopwatch.Frequency),
            effort.Completed == 0 ? null : (double)effort.AllocatedBytes / effort.Completed,
            effort.Completed == 0 ? null : (double)effort.Turns / effort.Completed,
            window.IsInterrupted);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in lanes)
        {
            await lane.DisposeAsync();
        }
    }

    private static long CompletedBy(IReadOnlyList<IBenchLane> lanes) =>
        lanes.Sum(lane => lane.Tallies.Sum(tally => tally.Completed));

    /// <summary>What the whole process has done so far. A turn of an actor is one work item of the thread
    /// pool.</summary>
    private readonly record struct Effort(long Completed, long AllocatedBytes, long Turns)
    {
        internal static Effort Now(IReadOnlyList<IBenchLane> lanes) => new(
            CompletedBy(lanes), GC.GetTotalAllocatedBytes(precise: true), ThreadPool.CompletedWorkItemCount);

        internal Effort Since(Effort before) => new(
            Completed - before.Completed, AllocatedBytes - before.AllocatedBytes, Turns - before.Turns);
    }
}

/// <summary>What was measured.</summary>
/// <param name="Tally">Of all lanes.</param>
/// <param name="Elapsed">How long requests counted.</param>
/// <param name="AllocatedBytesPerRequest">Of the whole process, while requests counted; null where there was
/// none.</param>
/// <param name="TurnsPerRequest">Work items of the thread pool, likewise: how often actors, and whoever waits for
/// tasks, took their turn. Below the number of actors that a request passes where they take several at a time.</param>
/// <param name="IsInterrupted">The user ended it.</param>
internal sealed record BenchOutcome(
    BenchTally Tally,
    TimeSpan Elapsed,
    double? AllocatedBytesPerRequest,
    double? TurnsPerRequest,
    bool IsInterrupted);
