using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Cli;

/// <summary>A lease whose requests an actor keeps in flight: <see cref="BenchDriver"/>, seen from outside.</summary>
internal sealed class TellLane : IBenchLane
{
    private readonly ActorSystem system;
    private readonly IActorRef driver;

    private TellLane(ActorSystem system, DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        this.system = system;
        Workload = workload;
        Pattern = pattern;
        driver = system.ActorOf(Props.Create(() => new BenchDriver(this, service.Supervisor)));
    }

    public IReadOnlyList<BenchTally> Tallies => [Tally];

    internal BenchWorkload Workload { get; }

    internal BenchPattern Pattern { get; }

    /// <summary>The driver's, until it has finished.</summary>
    internal BenchTally Tally { get; } = new();

    /// <summary>The driver has its lease.</summary>
    internal TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All requests are answered.</summary>
    internal TaskCompletionSource Finished { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <exception cref="IoRefusedException">There are not enough pages.</exception>
    internal static async Task<IBenchLane> OpenAsync(
        ActorSystem system, DmIoService service, BenchWorkload workload, BenchPattern pattern)
    {
        var lane = new TellLane(system, service, workload, pattern);
        await lane.Ready.Task;
        return lane;
    }

    public Task RunAsync(BenchWindow window)
    {
        driver.Tell(window, ActorRefs.NoSender);
        return Finished.Task;
    }

    public ValueTask DisposeAsync()
    {
        system.Stop(driver);
        return ValueTask.CompletedTask;
    }
}
