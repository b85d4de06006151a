// Test probes, implicit senders, auto pilots and children of the test actor.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.TestKit;
using Xunit;

namespace Akka.Conformance.Tests.Kit;

public sealed class ProbeSpecs : Specification
{
    [Fact]
    public void Probes_receive_apart_from_each_other()
    {
        var first = CreateTestProbe();
        var second = CreateTestProbe("named");
        first.Ref.Tell(1);
        second.Ref.Tell(2);
        second.ExpectMsg(2);
        first.ExpectMsg(1);
        Assert.StartsWith("named", second.Ref.Path.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_test_tells_comes_from_the_test_actor()
    {
        StartEcho().Tell("echo");
        ExpectMsg("echo");
    }

    [Fact]
    public async Task It_still_does_after_an_await()
    {
        var echo = StartEcho();
        echo.Tell("before");
        await ExpectMsgAsync("before");
        echo.Tell("after");
        await ExpectMsgAsync("after");
    }

    [Fact]
    public void A_probe_sends_in_its_own_name()
    {
        var probe = CreateTestProbe();
        probe.Send(StartEcho(), "hello");
        probe.ExpectMsg("hello");
    }

    [Fact]
    public void A_probe_replies_to_who_told_it_last()
    {
        var probe = CreateTestProbe();
        probe.Ref.Tell("question", TestActor);
        probe.ExpectMsg("question");
        Assert.Equal(TestActor, probe.Sender);
        probe.Reply("answer");
        ExpectMsg("answer");
        Assert.Equal(probe.Ref, LastSender);
    }

    [Fact]
    public void A_probe_forwards_with_the_original_sender()
    {
        var probe = CreateTestProbe();
        probe.Ref.Tell("hello", TestActor);
        probe.ExpectMsg("hello");
        probe.Forward(StartEcho());
        ExpectMsg("hello");
    }

    [Fact]
    public void A_probe_is_an_actor_ref()
    {
        IActorRef probe = CreateTestProbe();
        probe.Tell("hello");
        ((TestProbe)probe).ExpectMsg("hello");
    }

    [Fact]
    public void A_probe_watches_and_unwatches()
    {
        var actor = StartEcho();
        var watching = CreateTestProbe();
        var indifferent = CreateTestProbe();
        watching.Watch(actor);
        indifferent.Watch(actor);
        indifferent.Unwatch(actor);
        Sys.Stop(actor);
        watching.ExpectTerminated(actor);
        indifferent.Ref.Tell("nothing before this");
        indifferent.ExpectMsg("nothing before this");
    }

    [Fact]
    public void An_auto_pilot_answers_and_the_message_is_still_there_to_expect()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell($"pilot: {message}");
            return AutoPilot.KeepRunning;
        }));
        probe.Ref.Tell("a", TestActor);
        ExpectMsg("pilot: a");
        probe.ExpectMsg("a");
        probe.Ref.Tell("b", TestActor);
        ExpectMsg("pilot: b");
    }

    [Fact]
    public void An_auto_pilot_may_end_itself()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell(message);
            return AutoPilot.NoAutoPilot;
        }));
        probe.Ref.Tell("a", TestActor);
        probe.Ref.Tell("b", TestActor);
        ExpectMsg("a");
        probe.ExpectMsg("a");
        probe.ExpectMsg("b");
        TestActor.Tell("nothing more");
        ExpectMsg("nothing more");
    }

    [Fact]
    public void ChildActorOf_starts_a_child_of_the_test_actor()
    {
        var child = ChildActorOf(Scripted.By((context, _) => TestActor.Tell(context.Parent)), "child");
        child.Tell("who");
        ExpectMsg(TestActor);
    }

    [Fact]
    public void Last_message_and_sender_are_remembered()
    {
        var probe = CreateTestProbe();
        TestActor.Tell("hello", probe.Ref);
        ExpectMsg<string>();
        Assert.Equal("hello", LastMessage);
        Assert.Equal(probe.Ref, LastSender);
    }
}
