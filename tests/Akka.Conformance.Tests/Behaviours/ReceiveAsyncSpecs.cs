// ReceiveAsync: the actor takes no further message until the handler's task is done, and is itself before and after
// an await.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Behaviours;

public sealed class ReceiveAsyncSpecs : Specification
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public void The_next_message_waits_for_the_task()
    {
        var actor = StartWaiting();
        actor.Tell("wait");
        actor.Tell(1);
        ExpectMsg("begun");
        ExpectNoMsg(50);
        _gate.SetResult();
        ExpectMsg("done");
        ExpectMsg(1);
    }

    [Fact]
    public void Self_and_sender_are_the_same_after_the_await()
    {
        var probe = CreateTestProbe();
        var actor = StartWaiting();
        actor.Tell("wait", probe.Ref);
        actor.Tell(1, TestActor);
        probe.ExpectMsg("begun");
        _gate.SetResult();
        probe.ExpectMsg("done");
        Assert.Equal(actor, probe.LastSender);
        ExpectMsg(1);
    }

    [Fact]
    public void A_failing_task_fails_the_actor()
    {
        var parent = Sys.ActorOf(Supervisor.With(new OneForOneStrategy(_ => Directive.Stop)));
        parent.Tell(Props.Create(() => new Waiting(_gate.Task)));
        var actor = ExpectMsg<IActorRef>();
        Watch(actor);
        actor.Tell("wait");
        ExpectMsg("begun");
        EventFilter.Exception<TestFailureException>()
            .ExpectOne(() => _gate.SetException(new TestFailureException()));
        ExpectTerminated(actor);
    }

    [Fact]
    public void An_actor_that_is_stopped_does_not_finish_what_it_awaits()
    {
        var actor = StartWaiting();
        Watch(actor);
        actor.Tell("stop and wait");
        ExpectMsg("begun");
        ExpectTerminated(actor);
        _gate.SetResult();
        ExpectNoMsg(50);
    }

    private IActorRef StartWaiting() => Sys.ActorOf(Props.Create(() => new Waiting(_gate.Task)));

    private sealed class Waiting : ReceiveActor
    {
        public Waiting(Task gate)
        {
            ReceiveAsync<string>(async message =>
            {
                Sender.Tell("begun");
                if (message == "stop and wait")
                {
                    Context.Stop(Self);
                }

                await gate;
                Sender.Tell("done", Self);
            });
            Receive<int>(number => Sender.Tell(number));
        }
    }
}
