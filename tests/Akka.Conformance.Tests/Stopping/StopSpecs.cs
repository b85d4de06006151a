// The ways to end an actor, and what becomes of the messages that it did not get to.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Stopping;

public sealed class StopSpecs : Specification
{
    [Fact]
    public void A_poison_pill_works_after_the_messages_before_it()
    {
        var actor = StartEcho();
        Watch(actor);
        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(PoisonPill.Instance);
        ExpectMsg(1);
        ExpectMsg(2);
        ExpectTerminated(actor);
    }

    [Fact]
    public void What_follows_a_poison_pill_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        var actor = StartEcho();
        actor.Tell(PoisonPill.Instance);
        actor.Tell("too late");
        ExpectMsg<DeadLetter>(letter => Equals(letter.Message, "too late") && letter.Recipient.Equals(actor));
    }

    [Fact]
    public void Stop_ends_the_actor_after_the_message_in_hand_and_the_rest_goes_to_dead_letters()
    {
        using var gate = new ManualResetEventSlim();
        var dead = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetter>(dead.Ref);
        var actor = Start((context, message) =>
        {
            TestActor.Tell("in hand");
            gate.Wait(TimeSpan.FromSeconds(10));
            context.Stop(context.Self);
            TestActor.Tell(message);
        });
        Watch(actor);
        actor.Tell("first");
        ExpectMsg("in hand");
        actor.Tell("second");
        actor.Tell("third");
        gate.Set();
        ExpectMsg("first");
        ExpectTerminated(actor);
        dead.ExpectMsg<DeadLetter>(letter => Equals(letter.Message, "second"));
        dead.ExpectMsg<DeadLetter>(letter => Equals(letter.Message, "third"));
    }

    [Fact]
    public void An_actor_may_stop_itself()
    {
        var actor = Start((context, _) => context.Stop(context.Self));
        Watch(actor);
        actor.Tell("go");
        ExpectTerminated(actor);
    }

    [Fact]
    public void Kill_fails_the_actor_and_its_parent_stops_it_by_default()
    {
        var actor = StartEcho();
        Watch(actor);
        EventFilter.Exception<ActorKilledException>().ExpectOne(() => actor.Tell(Kill.Instance));
        ExpectTerminated(actor);
    }

    [Fact]
    public void Stopping_an_actor_stops_all_below_it_first()
    {
        var order = CreateTestProbe();
        var grandchild = Props.Create(() => new Obituary(order.Ref, "grandchild", null));
        var child = Props.Create(() => new Obituary(order.Ref, "child", grandchild));
        var parent = Sys.ActorOf(Props.Create(() => new Obituary(order.Ref, "parent", child)));
        order.ExpectMsg("grandchild started");
        Watch(parent);
        Sys.Stop(parent);
        ExpectTerminated(parent);
        order.ExpectMsg("grandchild");
        order.ExpectMsg("child");
        order.ExpectMsg("parent");
    }

    [Fact]
    public void The_name_becomes_free_again_when_the_actor_is_gone()
    {
        var first = StartEcho("reused");
        StopAndWait(first);
        var second = StartEchoAgain("reused");
        second.Tell("hello");
        ExpectMsg("hello");
    }

    [Fact]
    public void A_parent_may_reuse_a_childs_name_on_Terminated()
    {
        var parent = Start((context, message) =>
        {
            switch (message)
            {
                case "spawn":
                    context.Watch(context.ActorOf(Scripted.By((_, _) => { }), "child"));
                    context.Stop(context.Child("child"));
                    break;
                case Terminated:
                    TestActor.Tell(context.ActorOf(Scripted.By((_, _) => { }), "child"));
                    break;
            }
        });
        parent.Tell("spawn");
        ExpectMsg<IActorRef>(child => child.Path.Name == "child");
    }

    [Fact]
    public void The_name_of_a_child_that_is_still_stopping_is_taken()
    {
        using var gate = new ManualResetEventSlim();
        var parent = Start((context, message) =>
        {
            var busy = context.ActorOf(Scripted.By((_, _) => gate.Wait(TimeSpan.FromSeconds(10))), "child");
            busy.Tell("work");
            context.Stop(busy);
            var refusal = Record.Exception(() => context.ActorOf(Scripted.By((_, _) => { }), "child"));
            context.Sender.Tell(refusal?.GetType().Name ?? "none");
        });
        parent.Tell("go");
        ExpectMsg(nameof(InvalidActorNameException));
        gate.Set();
    }

    [Fact]
    public async Task Graceful_stop_completes_when_the_actor_is_gone()
    {
        var actor = StartEcho();
        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(10)));
        Watch(actor);
        await ExpectTerminatedAsync(actor);
    }

    [Fact]
    public async Task Graceful_stop_lets_earlier_messages_through()
    {
        var actor = StartEcho();
        actor.Tell("earlier", TestActor);
        await actor.GracefulStop(TimeSpan.FromSeconds(10));
        await ExpectMsgAsync("earlier");
    }

    [Fact]
    public async Task Graceful_stop_takes_a_message_to_stop_by()
    {
        var actor = Start((context, message) =>
        {
            TestActor.Tell(message);
            context.Stop(context.Self);
        });
        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(10), "please"));
        await ExpectMsgAsync("please");
    }

    [Fact]
    public async Task Graceful_stop_says_false_at_its_timeout()
    {
        var stubborn = StartEcho();
        Assert.False(await stubborn.GracefulStop(TimeSpan.FromMilliseconds(50), "not a poison pill"));
    }

    private sealed class Obituary : UntypedActor
    {
        private readonly IActorRef _order;
        private readonly string _name;

        public Obituary(IActorRef order, string name, Props? child)
        {
            _order = order;
            _name = name;
            if (child is null)
            {
                order.Tell(name + " started");
            }
            else
            {
                Context.ActorOf(child);
            }
        }

        protected override void PostStop() => _order.Tell(_name);

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
