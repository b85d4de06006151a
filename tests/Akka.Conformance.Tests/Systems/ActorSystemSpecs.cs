// An actor system: how it is named, found, started from configuration, and how it ends.

using Akka.Actor;
using Akka.Configuration;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Systems;

public sealed class ActorSystemSpecs : Specification
{
    private static readonly Config Silent =
        ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF\nmine.key = 7");

    [Fact]
    public async Task A_system_has_the_name_it_was_created_with()
    {
        var system = ActorSystem.Create("my-system", Silent);
        Assert.Equal("my-system", system.Name);
        await system.Terminate();
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("-leading-dash")]
    [InlineData("slash/ed")]
    public void A_name_that_no_address_could_carry_is_refused(string name)
        => Assert.Throws<ArgumentException>(() => ActorSystem.Create(name, Silent));

    [Fact]
    public async Task The_configuration_given_is_the_systems_with_the_reference_below_it()
    {
        var system = ActorSystem.Create("configured", Silent);
        Assert.Equal(7, system.Settings.Config.GetInt("mine.key"));
        Assert.Equal("OFF", system.Settings.Config.GetString("akka.loglevel"));
        Assert.True(system.Settings.Config.HasPath("akka.actor.default-dispatcher.throughput"));
        await system.Terminate();
    }

    [Fact]
    public async Task Two_systems_live_side_by_side()
    {
        var other = ActorSystem.Create("other", Silent);
        var here = StartEcho("same");
        var there = other.ActorOf(Scripted.By((context, message) => context.Sender.Tell(message)), "same");
        Assert.NotEqual(here.Path, there.Path);
        there.Tell("hello", TestActor);
        ExpectMsg("hello");
        await other.Terminate();
    }

    [Fact]
    public async Task Terminate_stops_every_actor_and_completes_WhenTerminated()
    {
        var system = ActorSystem.Create("ending", Silent);
        var journal = CreateTestProbe();
        var parent = system.ActorOf(Journaled.To(journal));
        journal.ExpectMsg<Hook>(hook => hook.Name == "Constructor");
        journal.ExpectMsg<Hook>(hook => hook.Name == "PreStart");
        Assert.False(system.WhenTerminated.IsCompleted);

        await system.Terminate();

        await system.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(10));
        await journal.ExpectMsgAsync<Hook>(hook => hook.Name == "PostStop");
        Assert.NotNull(parent);
    }

    [Fact]
    public async Task Terminating_twice_is_the_same_ending()
    {
        var system = ActorSystem.Create("twice", Silent);
        var first = system.Terminate();
        var second = system.Terminate();
        await first.WaitAsync(TimeSpan.FromSeconds(10));
        await second.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_terminated_system_starts_no_actors()
    {
        var system = ActorSystem.Create("gone", Silent);
        await system.Terminate();
        Assert.ThrowsAny<InvalidOperationException>(() => system.ActorOf(Scripted.By((_, _) => { })));
    }

    [Fact]
    public async Task What_is_registered_on_termination_runs_when_all_actors_have_stopped()
    {
        var system = ActorSystem.Create("callback", Silent);
        var ran = new TaskCompletionSource();
        system.RegisterOnTermination(ran.SetResult);
        Assert.False(ran.Task.IsCompleted);
        await system.Terminate();
        await ran.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(ran.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public void The_system_knows_its_dead_letters_event_stream_scheduler_and_log()
    {
        Assert.Equal("akka://test/deadLetters", Sys.DeadLetters.Path.ToString());
        Assert.NotNull(Sys.EventStream);
        Assert.NotNull(Sys.Scheduler);
        Assert.NotNull(Sys.Log);
    }
}
