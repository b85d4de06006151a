using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.TestKit.Simulation;
using Xunit;

namespace DmIo.TestKit.Tests.Simulation;

/// <summary>A user's simulations: the <see cref="Bank"/>, and an application of the service.</summary>
public sealed class SimulatedRuntimeTests
{
    private const int Seeds = 50;

    [Fact]
    public void Some_seeds_show_a_race_and_others_do_not()
    {
        var balances = Enumerable.Range(0, Seeds).Select(seed => RacingBalance(seed, [])).ToList();

        Assert.Equal([1, 2], balances.Distinct().Order());
    }

    [Fact]
    public void No_seed_shows_a_race_in_correct_code()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            Assert.Equal(2, CarefulBalance(seed));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            List<string> one = [];
            List<string> other = [];
            RacingBalance(seed, one);
            RacingBalance(seed, other);

            Assert.NotEmpty(one);
            Assert.Equal(one, other);
        }
    }

    [Fact]
    public void Simulated_hours_pass_at_once()
    {
        var runtime = new SimulatedRuntime(seed: 1);
        var system = runtime.CreateSystem("test");
        List<object> received = [];
        var receiver = system.ActorOf(Props.Create(() => new Receiver(received)));
        system.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(2), receiver, "late", ActorRefs.NoSender);
        system.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(1), receiver, "early", ActorRefs.NoSender);

        Assert.True(runtime.RunUntilIdle());

        Assert.Equal(["early", "late"], received);
        Assert.InRange(runtime.Now, TimeSpan.FromHours(2), TimeSpan.FromHours(2.1));
    }

    [Fact]
    public void An_actor_on_a_named_dispatcher_runs_in_the_simulation_too()
    {
        var runtime = new SimulatedRuntime(seed: 1);
        var config = ConfigurationFactory.ParseString("""
            mine {
              type = PinnedDispatcher
            }
            """);
        var system = runtime.CreateSystem("test", config, "mine");
        List<object> received = [];
        system.ActorOf(Props.Create(() => new Receiver(received)).WithDispatcher("mine")).Tell("message");

        Assert.True(runtime.RunUntilIdle());

        Assert.Equal(["message"], received);
    }

    [Fact]
    public void Work_from_another_thread_is_an_error()
    {
        var runtime = new SimulatedRuntime(seed: 1);
        var receiver = runtime.CreateSystem("test").ActorOf(Props.Create(() => new Receiver(new List<object>())));
        Assert.True(runtime.RunUntilIdle());
        var other = new Thread(() => receiver.Tell("message"));
        other.Start();
        other.Join();

        var error = Assert.Throws<InvalidOperationException>(() => runtime.RunUntilIdle());

        Assert.Contains("Another thread added", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_crash_no_earlier_work_runs()
    {
        var runtime = new SimulatedRuntime(seed: 1);
        List<object> received = [];
        runtime.CreateSystem("test").ActorOf(Props.Create(() => new Receiver(received))).Tell("message");

        runtime.Crash();

        Assert.True(runtime.IsIdle);
        Assert.True(runtime.RunUntilIdle());
        Assert.Empty(received);
    }

    [Fact]
    public void The_service_with_its_disks_and_its_user_is_simulated()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Assert.Equal(ServiceRun(seed), ServiceRun(seed));
        }
    }

    private static int RacingBalance(int seed, List<string> trace)
    {
        var runtime = new SimulatedRuntime(seed);
        var system = runtime.CreateSystem("bank");
        var account = system.ActorOf(Props.Create(() => new Bank.Account(trace)), "account");
        system.ActorOf(Props.Create(() => new Bank.RacingTeller(account)), "teller-1");
        system.ActorOf(Props.Create(() => new Bank.RacingTeller(account)), "teller-2");
        Assert.True(runtime.RunUntilIdle());
        return BalanceOf(account, runtime);
    }

    private static int CarefulBalance(int seed)
    {
        var runtime = new SimulatedRuntime(seed);
        var system = runtime.CreateSystem("bank");
        var account = system.ActorOf(Props.Create(() => new Bank.Account(new List<string>())), "account");
        system.ActorOf(Props.Create(() => new Bank.CarefulTeller(account)), "teller-1");
        system.ActorOf(Props.Create(() => new Bank.CarefulTeller(account)), "teller-2");
        Assert.True(runtime.RunUntilIdle());
        return BalanceOf(account, runtime);
    }

    private static int BalanceOf(IActorRef account, SimulatedRuntime runtime)
    {
        var balance = runtime.RunAsync(() => account.Ask<Bank.Balance>(new Bank.Read(), Timeout.InfiniteTimeSpan));
        Assert.True(runtime.RunUntilIdle());
        return balance.Result.Amount;
    }

    /// <summary>The events with their times.</summary>
    private static string ServiceRun(int seed)
    {
        var runtime = new SimulatedRuntime(seed);
        var service = DmIoService.For(runtime.CreateSystem("test"));
        var disk = new SimulatedDisk(ByteSize.FromSectors(64), seed);
        var device = new SimulatedDevice(disk, runtime.Time, new SimulatedDeviceOptions { Seed = seed });
        var written = runtime.RunAsync(async () =>
        {
            await service.AttachAsync("disk", device);
            await using var client = await service.OpenAsync(pages: 4);
            return await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096]);
        });
        Assert.True(runtime.RunUntilIdle());
        Assert.True(written.IsCompletedSuccessfully && written.Result.IsOk);
        return $"{runtime.Steps} steps, {runtime.Now}";
    }

    private sealed class Receiver(List<object> received) : UntypedActor
    {
        protected override void OnReceive(object message) => received.Add(message);
    }
}
