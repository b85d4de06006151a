using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Cli.Bench;

/// <summary>A job whose requests are tasks, of Ask or of the client. Each worker awaits one request at a
/// time.</summary>
internal sealed class TaskJob : IBenchJob
{
    private static readonly RequestOptions Durable = new() { ForceUnitAccess = true };

    private readonly BenchSlot[] slots;
    private readonly BenchCounters[] counters;
    private readonly Func<BenchSlot, Task<IoResult>> submit;
    private readonly Task leaseEnded;
    private readonly Func<ValueTask> close;

    private TaskJob(
        BenchSlot[] slots, Func<BenchSlot, Task<IoResult>> submit, Task leaseEnded, Func<ValueTask> close)
    {
        this.slots = slots;
        this.submit = submit;
        this.leaseEnded = leaseEnded;
        this.close = close;
        counters = Array.ConvertAll(slots, _ => new BenchCounters());
    }

    public IReadOnlyList<BenchCounters> Counters => counters;

    /// <summary>The client owns the lease, because the temporary actor of an Ask cannot own it.</summary>
    /// <exception cref="IoRefusedException">The pool has too few pages.</exception>
    internal static async Task<IBenchJob> OpenAskAsync(
        DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var client = await service.OpenAsync(BenchSlot.PagesFor(workload));
        return new TaskJob(
            BenchSlot.Build(workload, pattern, client.Lease.Pages),
            async slot => await client.Requests.Ask<object>(slot.Request(replyTo: null)) switch
            {
                IoDone done => done.Result,
                IoRefused refused => throw new IoRefusedException(refused.Reason),
                var other => throw new InvalidOperationException($"The service answered {other}."),
            },
            client.Requests.WatchAsync(),
            client.DisposeAsync);
    }

    /// <exception cref="IoRefusedException">The pool has too few pages.</exception>
    internal static async Task<IBenchJob> OpenClientAsync(
        DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var client = await service.OpenAsync(BenchSlot.PagesFor(workload));
        return new TaskJob(
            BenchSlot.Build(workload, pattern, client.Lease.Pages),
            slot => client.RequestAsync(
                slot.Operation, slot.Regions, slot.Data, slot.IsDurable ? Durable : null),
            Task.Delay(Timeout.InfiniteTimeSpan),
            client.DisposeAsync);
    }

    /// <summary>The task of an Ask to a dead actor never completes, so the end of the lease ends the run.</summary>
    public async Task RunAsync(BenchWindow window)
    {
        var work = Task.WhenAll(
            slots.Select((slot, index) => Task.Run(() => WorkAsync(slot, counters[index], window))));
        if (await Task.WhenAny(work, leaseEnded) == leaseEnded)
        {
            throw new IoRefusedException("The service has stopped.");
        }

        await work;
    }

    public ValueTask DisposeAsync() => close();

    private async Task WorkAsync(BenchSlot slot, BenchCounters counters, BenchWindow window)
    {
        for (var now = Stopwatch.GetTimestamp(); window.MaySend(now); now = Stopwatch.GetTimestamp())
        {
            slot.Next();
            try
            {
                var result = await submit(slot);
                if (result.IsOk && slot.TryFlush())
                {
                    result = await submit(slot);
                }

                counters.Done(window, now, Stopwatch.GetTimestamp(), result);
            }
            catch (IoRefusedException refused)
            {
                counters.Refused(refused.Message);
            }
        }
    }
}
