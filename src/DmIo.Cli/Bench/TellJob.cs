using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli.Bench;

/// <summary>A job whose actor submits requests and receives results by messages, like an actor of an
/// application.</summary>
internal sealed class TellJob : IBenchJob
{
    private readonly ActorSystem system;
    private readonly IActorRef actor;
    private readonly BenchWorkload workload;
    private readonly BenchPattern pattern;
    private readonly BenchCounters counters = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TellJob(ActorSystem system, DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        this.system = system;
        this.workload = workload;
        this.pattern = pattern;
        actor = system.ActorOf(Props.Create(() => new JobActor(this, service.Supervisor)));
    }

    public IReadOnlyList<BenchCounters> Counters => [counters];

    /// <exception cref="IoRefusedException">The pool has too few pages.</exception>
    internal static async Task<IBenchJob> OpenAsync(
        ActorSystem system, DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var job = new TellJob(system, service, workload, pattern);
        await job.ready.Task;
        return job;
    }

    public Task RunAsync(BenchWindow window)
    {
        actor.Tell(window, ActorRefs.NoSender);
        return finished.Task;
    }

    public ValueTask DisposeAsync()
    {
        system.Stop(actor);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Keeps the requests of one lease in flight. The lease is returned when the actor stops.
    /// <code>
    ///   Opening --Granted--> Ready --BenchWindow--> Running --window over, all requests completed--> stopped
    ///      +--GetRefused--> stopped      (any state) --Terminated: the request actor died--> stopped
    /// </code>
    /// </summary>
    private sealed class JobActor : UntypedActor
    {
        private readonly TellJob job;
        private readonly IActorRef supervisor;
        private IActorRef requests = ActorRefs.Nobody;
        private BenchSlot[] slots = [];
        private BenchWindow? window;
        private int inFlight;

        public JobActor(TellJob job, IActorRef supervisor)
        {
            this.job = job;
            this.supervisor = supervisor;
        }

        protected override void PreStart() => supervisor.Tell(new Get(BenchSlot.PagesFor(job.workload)), Self);

        protected override void PostStop()
        {
            var stopped = new IoRefusedException("The service has stopped.");
            job.ready.TrySetException(stopped);
            job.finished.TrySetException(stopped);
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case IoDone done:
                    Complete((BenchSlot)done.Result.Context!, done.Result);
                    break;
                case IoRefused refused:
                    job.counters.Refused(refused.Reason);
                    Next((BenchSlot)refused.Context!, Stopwatch.GetTimestamp());
                    break;
                case Granted granted:
                    requests = granted.Requests;
                    Context.Watch(requests);
                    slots = BenchSlot.Build(job.workload, job.pattern, granted.Lease.Pages);
                    job.ready.TrySetResult();
                    break;
                case GetRefused refused:
                    job.ready.TrySetException(new IoRefusedException(refused.Reason));
                    Context.Stop(Self);
                    break;
                case BenchWindow begun:
                    Begin(begun);
                    break;
                case Terminated:
                    Context.Stop(Self);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        private void Begin(BenchWindow begun)
        {
            window = begun;
            inFlight = slots.Length;
            foreach (var slot in slots)
            {
                Next(slot, Stopwatch.GetTimestamp());
            }
        }

        private void Complete(BenchSlot slot, IoResult result)
        {
            if (result.IsOk && slot.TryFlush())
            {
                requests.Tell(slot.Request(Self), Self);
                return;
            }

            var now = Stopwatch.GetTimestamp();
            job.counters.Done(window!, slot.SentAt, now, result);
            Next(slot, now);
        }

        private void Next(BenchSlot slot, long now)
        {
            if (window!.MaySend(now))
            {
                slot.SentAt = now;
                slot.Next();
                requests.Tell(slot.Request(Self), Self);
            }
            else if (--inFlight == 0)
            {
                job.finished.TrySetResult();
                Context.Stop(Self);
            }
        }
    }
}
