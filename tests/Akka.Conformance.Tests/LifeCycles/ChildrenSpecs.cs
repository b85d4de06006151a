// An actor and its children: started in its constructor, told what it told them, stopped before it.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.LifeCycles;

public sealed class ChildrenSpecs : Specification
{
    [Fact]
    public void A_message_told_right_after_ActorOf_arrives_first_of_all()
    {
        var probe = CreateTestProbe();
        var echo = Scripted.By((_, message) => probe.Ref.Tell(message));
        var parent = Start((context, _) =>
        {
            for (var number = 0; number < 200; number++)
            {
                context.ActorOf(echo).Tell(number);
            }
        });
        parent.Tell("go");
        var numbers = probe.ReceiveN(200, TimeSpan.FromSeconds(20)).Cast<int>();
        Assert.Equal(Enumerable.Range(0, 200), numbers.Order());
    }

    [Fact]
    public void A_deep_family_ends_from_the_bottom_up()
    {
        const int Generations = 50;
        var probe = CreateTestProbe();
        var eldest = Sys.ActorOf(Props.Create(() => new Ancestor(probe.Ref, Generations)));
        probe.ExpectMsg("all there");
        Watch(eldest);
        Sys.Stop(eldest);
        ExpectTerminated(eldest);
        Assert.Equal(Enumerable.Range(0, Generations + 1), probe.ReceiveN(Generations + 1).Cast<int>());
    }

    [Fact]
    public void A_wide_family_ends_altogether()
    {
        const int Children = 1_000;
        var probe = CreateTestProbe();
        var parent = Start((context, message) =>
        {
            for (var number = 0; number < Children; number++)
            {
                context.ActorOf(Props.Create(() => new Ancestor(probe.Ref, 0)));
            }

            context.Sender.Tell(message);
        });
        parent.Tell("spawned");
        ExpectMsg("spawned");
        Watch(parent);
        Sys.Stop(parent);
        ExpectTerminated(parent, TimeSpan.FromSeconds(20));
        var endings = probe.ReceiveN(2 * Children, TimeSpan.FromSeconds(20));
        Assert.Equal(Children, endings.Count(message => message is 0));
    }

    [Fact]
    public void A_stopping_actor_starts_no_more_children()
    {
        var actor = Sys.ActorOf(Props.Create(() => new LateParent(TestActor)));
        Sys.Stop(actor);
        ExpectMsg("refused");
    }

    [Fact]
    public void A_message_that_a_child_tells_its_parent_in_PostStop_reaches_a_living_parent()
    {
        var probe = CreateTestProbe();
        var parent = Start((context, message) =>
        {
            switch (message)
            {
                case "spawn":
                    context.Stop(context.ActorOf(Props.Create(() => new LastWords())));
                    break;
                default:
                    probe.Ref.Tell(message);
                    break;
            }
        });
        parent.Tell("spawn");
        probe.ExpectMsg("farewell");
    }

    private sealed class Ancestor : UntypedActor
    {
        private readonly IActorRef _observer;
        private readonly int _generation;

        public Ancestor(IActorRef observer, int generation)
        {
            _observer = observer;
            _generation = generation;
            if (generation == 0)
            {
                observer.Tell("all there");
            }
            else
            {
                Context.ActorOf(Props.Create(() => new Ancestor(observer, generation - 1)));
            }
        }

        protected override void PostStop() => _observer.Tell(_generation);

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class LateParent : UntypedActor
    {
        private readonly IActorRef _observer;

        public LateParent(IActorRef observer) => _observer = observer;

        protected override void PostStop()
        {
            try
            {
                Context.ActorOf(Scripted.By((_, _) => { }));
            }
            catch (InvalidOperationException)
            {
                _observer.Tell("refused");
            }
        }

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class LastWords : UntypedActor
    {
        protected override void PostStop() => Context.Parent.Tell("farewell");

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
