// Millions of messages among thousands of actors that start, fail, restart and end, from a printed seed. At the end
// every message was handled once, in its sender's order, or is a dead letter; and every instance that was made was
// stopped once.

using Akka.Actor;
using Akka.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Stress;

// It takes all cores, on which the others' time-outs count.
[CollectionDefinition(nameof(StressSpecs), DisableParallelization = true)]
[Collection(nameof(StressSpecs))]
public sealed class StressSpecs(ITestOutputHelper output)
{
    private const int Supervisors = 50;
    private const int WorkersEach = 40;
    private const int Drivers = 8;
    private const int MessagesEach = 250_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        """);

    [Fact]
    public async Task Every_message_is_handled_once_in_order_or_is_a_dead_letter()
    {
        var seed = Environment.GetEnvironmentVariable("STRESS_SEED") is { } text
            ? int.Parse(text)
            : Random.Shared.Next();
        output.WriteLine($"STRESS_SEED={seed}");
        var world = new StressWorld(seed, Supervisors, WorkersEach, Drivers);
        using var system = ActorSystem.Create("stress", Quiet);
        var dead = system.ActorOf(Props.Create(() => new DeadWorkCounter()));
        Assert.Equal(0L, await dead.Ask<long>("count", Patience));
        var supervisors = Enumerable.Range(0, Supervisors)
            .Select(i => system.ActorOf(Props.Create(() => new StressSupervisor(world, i * WorkersEach))))
            .ToList();
        await Task.WhenAll(supervisors.Select(supervisor => supervisor.Ask<ActorIdentity>(new Identify(1), Patience)));

        await Drive(system, world).WaitAsync(Patience);
        var ended = await Task.WhenAll(supervisors.Select(supervisor => supervisor.GracefulStop(Patience)));
        Assert.All(ended, Assert.True);

        var deadWork = await dead.Ask<long>("count", Patience);
        var handled = world.Slots.Sum(slot => slot.Handled);
        output.WriteLine($"handled {handled}, dead {deadWork}, instances {world.Constructed}");
        Assert.Equal((long)Drivers * MessagesEach, handled + deadWork);
        Assert.Equal(0, world.Slots.Sum(slot => slot.OutOfOrder));
        Assert.Equal(world.Constructed, world.Stopped);
        Assert.True(world.Constructed > Supervisors * WorkersEach * 2, "hardly anybody failed");
    }

    private static Task Drive(ActorSystem system, StressWorld world)
    {
        var runs = Enumerable.Range(0, Drivers)
            .Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        for (var i = 0; i < Drivers; i++)
        {
            var driver = i;
            system.ActorOf(Props.Create(() => new StressDriver(world, driver, MessagesEach, runs[driver])));
        }

        return Task.WhenAll(runs.Select(run => run.Task));
    }
}
