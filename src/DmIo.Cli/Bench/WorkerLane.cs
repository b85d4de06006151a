using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli;

/// <summary>
/// A lease whose requests are tasks: as many workers as there may be requests in flight, each waiting for its one. The
/// tasks are Ask's, or the client's.
/// </summary>
internal sealed class WorkerLane : IBenchLane
{
    private static readonly RequestOptions Durable = new() { ForceUnitAccess = true };

    private readonly BenchSlot[] slots;
    private readonly BenchTally[] tallies;
    private readonly Func<BenchSlot, Task<IoResult>> submit;
    private readonly Task gone;
    private readonly Func<ValueTask> close;

    private WorkerLane(
        BenchSlot[] slots, Func<BenchSlot, Task<IoResult>> submit, Task gone, Func<ValueTask> close)
    {
        this.slots = slots;
        this.submit = submit;
        this.gone = gone;
        this.close = close;
        tallies = Array.ConvertAll(slots, _ => new BenchTally());
    }

    public IReadOnlyList<BenchTally> Tallies => tallies;

    /// <exception cref="IoRefusedException">There are not enough pages.</exception>
    internal static async Task<IBenchLane> OpenAskAsync(
        ActorSystem system, DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var opened = new TaskCompletionSource<Granted>(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pages = BenchSlot.PagesFor(workload);
        var owner = system.ActorOf(
            Props.Create(() => new LeaseOwner(service.Supervisor, pages, opened, stopped)));
        var granted = await opened.Task;
        return new WorkerLane(
            BenchSlot.Build(workload, pattern, granted.Lease.Pages),
            async slot => await granted.Requests.Ask<object>(slot.Request(replyTo: null)) switch
            {
                IoDone done => done.Result,
                IoRefused refused => throw new IoRefusedException(refused.Reason),
                var other => throw new InvalidOperationException($"The service answered {other}."),
            },
            stopped.Task,
            () =>
            {
                system.Stop(owner);
                return ValueTask.CompletedTask;
            });
    }

    /// <exception cref="IoRefusedException">There are not enough pages.</exception>
    internal static async Task<IBenchLane> OpenClientAsync(
        DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var client = await service.OpenAsync(BenchSlot.PagesFor(workload));
        return new WorkerLane(
            BenchSlot.Build(workload, pattern, client.Lease.Pages),
            slot => client.RequestAsync(
                slot.Operation, slot.Regions, slot.Data, slot.IsDurable ? Durable : null),
            Task.Delay(Timeout.InfiniteTimeSpan),
            client.DisposeAsync);
    }

    /// <summary>An Ask of an actor that died has no answer: the lease's end ends the wait for all.</summary>
    public async Task RunAsync(BenchWindow window)
    {
        var work = Task.WhenAll(slots.Select((slot, index) => Task.Run(() => WorkAsync(slot, tallies[index], window))));
        if (await Task.WhenAny(work, gone) == gone)
        {
            throw new IoRefusedException("The service has stopped.");
        }

        await work;
    }

    public ValueTask DisposeAsync() => close();

    private async Task WorkAsync(BenchSlot slot, BenchTally tally, BenchWindow window)
    {
        for (var now = Stopwatch.GetTimestamp(); window.MaySend(now); now = Stopwatch.GetTimestamp())
        {
            slot.Next();
            try
            {
                var result = await submit(slot);
                if (result.IsOk && slot.TryFollowUp())
                {
                    result = await submit(slot);
                }

                tally.Done(window, now, Stopwatch.GetTimestamp(), result);
            }
            catch (IoRefusedException refused)
            {
                tally.Refused(refused.Message);
            }
        }
    }
}
