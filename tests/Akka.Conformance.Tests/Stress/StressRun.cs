// One run: drivers throw work at all workers until they are done, then everybody is stopped and the books are read.

using Akka.Actor;
using Akka.Configuration;

namespace Akka.Conformance.Tests.Stress;

/// <summary>What became of the messages, and how many instances were made and stopped.</summary>
internal sealed record StressResult(
    long Sent, long Handled, long Dead, long OutOfOrder, long Constructed, long Stopped)
{
    public long Unaccounted => Sent - Handled - Dead;
}

internal static class StressRun
{
    public const int Workers = Supervisors * WorkersEach;

    private const int Supervisors = 50;
    private const int WorkersEach = 40;
    private const int Drivers = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        """);

    /// <summary>The seed that STRESS_SEED names, or a new one.</summary>
    public static int DrawSeed() => Environment.GetEnvironmentVariable("STRESS_SEED") is { } text
        ? int.Parse(text)
        : Random.Shared.Next();

    public static async Task<StressResult> RunAsync(int seed, int messages)
    {
        var world = new StressWorld(seed, Supervisors, WorkersEach, Drivers);
        using var system = ActorSystem.Create("stress", Quiet);
        var dead = system.ActorOf(Props.Create(() => new DeadWorkCounter()));
        await dead.Ask<long>("count", Patience);
        var supervisors = Enumerable.Range(0, Supervisors)
            .Select(i => system.ActorOf(Props.Create(() => new StressSupervisor(world, i * WorkersEach))))
            .ToList();
        await Task.WhenAll(supervisors.Select(supervisor => supervisor.Ask<ActorIdentity>(new Identify(1), Patience)));

        await DriveAsync(system, world, messages / Drivers).WaitAsync(Patience);
        var ended = await Task.WhenAll(supervisors.Select(supervisor => supervisor.GracefulStop(Patience)));
        if (!ended.All(inTime => inTime))
        {
            throw new TimeoutException("Somebody does not end.");
        }

        return new StressResult(
            messages,
            world.Slots.Sum(slot => slot.Handled),
            await dead.Ask<long>("count", Patience),
            world.Slots.Sum(slot => slot.OutOfOrder),
            world.Constructed,
            world.Stopped);
    }

    private static Task DriveAsync(ActorSystem system, StressWorld world, int messagesEach)
    {
        var runs = Enumerable.Range(0, Drivers)
            .Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        for (var i = 0; i < Drivers; i++)
        {
            var driver = i;
            system.ActorOf(Props.Create(() => new StressDriver(world, driver, messagesEach, runs[driver])));
        }

        return Task.WhenAll(runs.Select(run => run.Task));
    }
}
