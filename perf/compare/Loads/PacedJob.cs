using System.Diagnostics;
using DmIo.Actors.Client;
using DmIo.Cli.Bench;

namespace DmIo.Compare;

/// <summary>
/// A lease with an open-loop load: requests are sent at a fixed rate, even if earlier ones are not complete, so the
/// load is the same with a stuck device. Its memory is sufficient for the requests during that time.
/// </summary>
internal sealed class PacedJob : IBenchJob
{
    private const int PerSecond = 2000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Lock gate = new();
    private readonly BenchCounters counters = new();
    private readonly IoClient client;
    private readonly BenchWorkload workload;
    private readonly Stack<BenchSlot> idle;

    private PacedJob(IoClient client, BenchWorkload workload)
    {
        this.client = client;
        this.workload = workload;
        var pattern = new BenchPattern(workload, lease: 0, leases: 1);
        idle = new Stack<BenchSlot>(BenchSlot.Build(workload, pattern, client.Lease.Pages));
    }

    public IReadOnlyList<BenchCounters> Counters => [counters];

    /// <param name="service">The service of the lease.</param>
    /// <param name="workload">The work; its depth is ignored.</param>
    /// <param name="stuckFor">The time in which requests may stay incomplete.</param>
    internal static async Task<IBenchJob> OpenAsync(DmIoService service, BenchWorkload workload, TimeSpan stuckFor)
    {
        var enough = workload with { Depth = (int)(2 * PerSecond * stuckFor.TotalSeconds) };
        return new PacedJob(await service.OpenAsync(BenchSlot.PagesFor(enough)), enough);
    }

    public async Task RunAsync(BenchWindow window)
    {
        var start = Stopwatch.GetTimestamp();
        var answers = new List<Task>();
        using var clock = new PeriodicTimer(Tick);
        for (var now = start; window.MaySend(now); now = Stopwatch.GetTimestamp())
        {
            var due = (long)(Stopwatch.GetElapsedTime(start, now).TotalSeconds * PerSecond);
            while (answers.Count < due)
            {
                answers.Add(SendAsync(window));
            }

            await clock.WaitForNextTickAsync();
        }

        await Task.WhenAll(answers);
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private async Task SendAsync(BenchWindow window)
    {
        BenchSlot slot;
        lock (gate)
        {
            slot = idle.Count > 0
                ? idle.Pop()
                : throw new SubjectFailedException($"More than {workload.Depth} requests were in flight.");
        }

        slot.Next();
        var sentAt = Stopwatch.GetTimestamp();
        var result = await client.RequestAsync(slot.Operation, slot.Regions, slot.Data, options: null);
        lock (gate)
        {
            counters.Done(window, sentAt, Stopwatch.GetTimestamp(), result);
            idle.Push(slot);
        }
    }
}
