// Props: a recipe that makes a fresh actor each time it is used.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Creation;

public sealed class PropsSpecs : Specification
{
    [Fact]
    public void An_expression_makes_the_actor_with_its_arguments()
    {
        Sys.ActorOf(Props.Create(() => new Greeter("hello", 2))).Tell("go");
        ExpectMsg("hello 2");
    }

    [Fact]
    public void A_type_and_arguments_make_the_actor()
    {
        Sys.ActorOf(Props.Create<Greeter>("hi", 3)).Tell("go");
        ExpectMsg("hi 3");
        var type = typeof(Greeter);
        Sys.ActorOf(Props.Create(type, "hey", 4)).Tell("go");
        ExpectMsg("hey 4");
    }

    [Fact]
    public void A_type_without_arguments_needs_only_its_name()
    {
        Sys.ActorOf<Plain>().Tell("go");
        ExpectMsg("plain");
        Sys.ActorOf(Props.Create<Plain>(), "named").Tell("go");
        ExpectMsg("plain");
    }

    [Fact]
    public void The_same_props_make_different_actors()
    {
        var props = Props.Create(() => new Greeter("x", 1));
        Assert.NotEqual(Sys.ActorOf(props), Sys.ActorOf(props));
    }

    [Fact]
    public void An_expressions_arguments_are_evaluated_once()
    {
        var evaluations = 0;
        int Next() => ++evaluations;
        var next = Next;
        var props = Props.Create(() => new Greeter("n", next()));
        Sys.ActorOf(props).Tell("go");
        ExpectMsg("n 1");
        Sys.ActorOf(props).Tell("go");
        ExpectMsg("n 1");
        Assert.Equal(1, evaluations);
    }

    [Fact]
    public void An_expression_that_is_not_a_constructor_call_is_refused()
    {
        var ready = static () => new Plain();
        Assert.ThrowsAny<SystemException>(() => Props.Create(() => ready()));
    }

    [Fact]
    public void Props_know_the_type_they_make()
        => Assert.Equal(typeof(Greeter), Props.Create(() => new Greeter("t", 0)).Type);

    [Fact]
    public void A_dispatcher_is_named_on_a_copy()
    {
        var props = Props.Create(() => new Plain());
        var pinned = props.WithDispatcher("some-dispatcher");
        Assert.Equal("some-dispatcher", pinned.Dispatcher);
        Assert.NotEqual("some-dispatcher", props.Dispatcher);
    }

    [Fact]
    public void An_actor_may_not_be_made_by_new()
    {
        Exception? refusal = null;
        var thread = new Thread(() => refusal = Record.Exception(() => new Plain())); // No actor's context on it.
        thread.Start();
        thread.Join();
        Assert.IsType<ActorInitializationException>(refusal);
    }

    private sealed class Plain : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell("plain");
    }

    private sealed class Greeter : UntypedActor
    {
        private readonly string _greeting;
        private readonly int _number;

        public Greeter(string greeting, int number)
        {
            _greeting = greeting;
            _number = number;
        }

        protected override void OnReceive(object message) => Sender.Tell($"{_greeting} {_number}");
    }
}
