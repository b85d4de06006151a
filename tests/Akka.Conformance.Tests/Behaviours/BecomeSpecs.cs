// An untyped actor's behaviour: replaced by Become, stacked by BecomeStacked, back by UnbecomeStacked, and reset by a
// restart.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Behaviours;

public sealed class BecomeSpecs : Specification
{
    [Fact]
    public void Become_takes_effect_with_the_next_message()
    {
        var actor = Sys.ActorOf<Moody>();
        actor.Tell("angry");
        ExpectMsg("calm: angry");
        actor.Tell("how");
        ExpectMsg("angry: how");
    }

    [Fact]
    public void Become_replaces_the_behaviour_and_leaves_none_to_go_back_to()
    {
        var actor = Sys.ActorOf<Moody>();
        actor.Tell("stack");
        ExpectMsg("calm: stack");
        actor.Tell("angry");
        ExpectMsg("stacked: angry");
        actor.Tell("back");
        ExpectMsg("angry: back");
        actor.Tell("how");
        ExpectMsg("calm: how");
    }

    [Fact]
    public void A_stacked_behaviour_gives_way_to_the_one_below()
    {
        var actor = Sys.ActorOf<Moody>();
        actor.Tell("stack");
        ExpectMsg("calm: stack");
        actor.Tell("how");
        ExpectMsg("stacked: how");
        actor.Tell("back");
        ExpectMsg("stacked: back");
        actor.Tell("how");
        ExpectMsg("calm: how");
    }

    [Fact]
    public void Going_back_with_nothing_stacked_stays_at_the_first_behaviour()
    {
        var actor = Sys.ActorOf<Moody>();
        actor.Tell("back");
        ExpectMsg("calm: back");
        actor.Tell("how");
        ExpectMsg("calm: how");
    }

    [Fact]
    public void A_restart_resets_the_behaviour()
    {
        var actor = Sys.ActorOf<Moody>();
        actor.Tell("angry");
        ExpectMsg("calm: angry");
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell("fail"));
        actor.Tell("how");
        ExpectMsg("calm: how");
    }

    private sealed class Moody : UntypedActor
    {
        protected override void OnReceive(object message) => Answer("calm", message);

        private void Angry(object message) => Answer("angry", message);

        private void Stacked(object message) => Answer("stacked", message);

        private void Answer(string mood, object message)
        {
            switch (message)
            {
                case "angry":
                    Become(Angry);
                    break;
                case "stack":
                    BecomeStacked(Stacked);
                    break;
                case "back":
                    UnbecomeStacked();
                    break;
                case "fail":
                    throw new TestFailureException();
            }

            Sender.Tell($"{mood}: {message}");
        }
    }
}
