using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Cli.Bench;

/// <summary>A lease, and the code that keeps its requests in flight.</summary>
internal interface IBenchJob : IAsyncDisposable
{
    /// <summary>One for each thread that counts. Final after <see cref="RunAsync"/> has completed.</summary>
    IReadOnlyList<BenchCounters> Counters { get; }

    /// <summary>Submits requests as long as the window allows; completes when all of them have completed. Called
    /// once.</summary>
    Task RunAsync(BenchWindow window);
}

/// <summary>
/// One measurement: opens the leases, runs their jobs in parallel, and adds up the results. <see cref="Completed"/> may
/// be read during the run.
/// </summary>
internal sealed class BenchRun : IAsyncDisposable
{
    private readonly List<IBenchJob> jobs = [];

    /// <summary>Completed requests, including those of the warm-up.</summary>
    internal long Completed => CompletedBy(jobs);

    /// <summary>Opens a lease for each job.</summary>
    /// <exception cref="IoRefusedException">The pool has too few pages.</exception>
    internal async Task OpenAsync(
        ActorSystem system, DmIoService service, BenchWorkload workload, BenchCaller caller, int leases)
    {
        for (var lease = 0; lease < leases; lease++)
        {
            var share = workload.ShareOf(lease, leases);
            var pattern = new BenchPattern(share, lease, leases);
            jobs.Add(await (caller switch
            {
                BenchCaller.Ask => TaskJob.OpenAskAsync(service, share, pattern),
                BenchCaller.Client => TaskJob.OpenClientAsync(service, share, pattern),
                _ => TellJob.OpenAsync(system, service, share, pattern),
            }));
        }
    }

    internal Task<BenchOutcome> RunAsync(BenchLimits limits, CancellationToken interrupted) =>
        RunAsync(jobs, limits, interrupted);

    /// <summary>Runs all jobs until the limits are reached or the user interrupts, and all requests have
    /// completed.</summary>
    internal static async Task<BenchOutcome> RunAsync(
        IReadOnlyList<IBenchJob> jobs, BenchLimits limits, CancellationToken interrupted)
    {
        var window = new BenchWindow(limits, interrupted);
        var running = Task.WhenAll(jobs.Select(job => job.RunAsync(window)));
        await Task.WhenAny(running, Task.Delay(limits.WarmUp, interrupted));
        var before = ProcessCounters.Now(jobs);
        await running;
        var costs = ProcessCounters.Now(jobs).Since(before);

        var total = new BenchCounters();
        foreach (var counters in jobs.SelectMany(job => job.Counters))
        {
            total.Add(counters);
        }

        var end = window.IsInterrupted || limits.Requests is not null ? total.LastDone : window.End;
        return new BenchOutcome(
            total,
            TimeSpan.FromSeconds(Math.Max(0, end - window.Start) / (double)Stopwatch.Frequency),
            costs.Completed == 0 ? null : (double)costs.AllocatedBytes / costs.Completed,
            costs.Completed == 0 ? null : (double)costs.WorkItems / costs.Completed,
            window.IsInterrupted);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var job in jobs)
        {
            await job.DisposeAsync();
        }
    }

    private static long CompletedBy(IReadOnlyList<IBenchJob> jobs) =>
        jobs.Sum(job => job.Counters.Sum(counters => counters.Completed));

    /// <summary>Counters of the whole process. A turn of an actor is one work item of the thread pool.</summary>
    private readonly record struct ProcessCounters(long Completed, long AllocatedBytes, long WorkItems)
    {
        internal static ProcessCounters Now(IReadOnlyList<IBenchJob> jobs) => new(
            CompletedBy(jobs), GC.GetTotalAllocatedBytes(precise: true), ThreadPool.CompletedWorkItemCount);

        internal ProcessCounters Since(ProcessCounters before) => new(
            Completed - before.Completed, AllocatedBytes - before.AllocatedBytes, WorkItems - before.WorkItems);
    }
}

/// <summary>The length of a measurement.</summary>
/// <param name="WarmUp">The time before the measurement. Its requests are not counted.</param>
/// <param name="Duration">The time of the measurement, if <paramref name="Requests"/> is null.</param>
/// <param name="Requests">The number of requests of the measurement, instead of a duration.</param>
internal sealed record BenchLimits(TimeSpan WarmUp, TimeSpan Duration, long? Requests = null);

/// <summary>
/// Decides whether a request may be sent, and whether it counts. By duration, a request counts that completes within
/// the duration. By number, exactly that many requests are sent after the warm-up, and all of them count. Times are
/// stopwatch ticks. Thread-safe.
/// </summary>
internal sealed class BenchWindow
{
    private readonly CancellationToken interrupted;
    private readonly bool isByNumber;
    private long left;

    internal BenchWindow(BenchLimits limits, CancellationToken interrupted)
    {
        this.interrupted = interrupted;
        isByNumber = limits.Requests is not null;
        left = limits.Requests ?? 0;
        Start = Stopwatch.GetTimestamp() + TicksOf(limits.WarmUp);
        End = isByNumber ? long.MaxValue : Start + TicksOf(limits.Duration);
    }

    internal long Start { get; }

    /// <summary>The end of the duration; <see cref="long.MaxValue"/> if the measurement is by number.</summary>
    internal long End { get; }

    internal bool IsInterrupted => interrupted.IsCancellationRequested;

    internal bool MaySend(long now)
    {
        if (IsInterrupted || now >= End)
        {
            return false;
        }

        return !isByNumber || now < Start || Interlocked.Decrement(ref left) >= 0;
    }

    internal bool Counts(long sentAt, long now) => isByNumber ? sentAt >= Start : now >= Start && now < End;

    private static long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
