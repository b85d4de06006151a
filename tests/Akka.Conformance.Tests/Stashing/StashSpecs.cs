// A stash keeps messages for later and gives them back ahead of the mailbox, in their order and with their senders.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Stashing;

public sealed class StashSpecs : Specification
{
    [Fact]
    public void Unstashed_messages_come_in_the_order_in_which_they_were_stashed()
    {
        var actor = Sys.ActorOf<Closed>();
        Tell(actor, 1, 2, 3, "open");
        ExpectMsg("opened");
        ExpectMsg(1);
        ExpectMsg(2);
        ExpectMsg(3);
    }

    [Fact]
    public void Unstashed_messages_come_before_those_that_wait_in_the_mailbox()
    {
        var actor = Sys.ActorOf<Closed>();
        Tell(actor, 1, "open and tell self 9", 2);
        ExpectMsg("opened");
        ExpectMsg(1);
        ExpectMsgAllOf(2, 9);
    }

    [Fact]
    public void An_unstashed_message_keeps_its_sender()
    {
        var probe = CreateTestProbe();
        var actor = Sys.ActorOf<Closed>();
        actor.Tell(1, probe.Ref);
        actor.Tell("open", TestActor);
        ExpectMsg("opened");
        probe.ExpectMsg(1);
    }

    [Fact]
    public void Unstash_gives_back_one()
    {
        var actor = Sys.ActorOf<Closed>();
        Tell(actor, 1, 2, "open for one");
        ExpectMsg("opened");
        ExpectMsg(1);
        TestActor.Tell("no more");
        ExpectMsg("no more");
    }

    [Fact]
    public void Stashing_the_message_in_hand_twice_is_refused()
    {
        var actor = Sys.ActorOf<Closed>();
        actor.Tell("stash twice");
        ExpectMsg(nameof(IllegalActorStateException));
    }

    [Fact]
    public void A_restart_unstashes_for_the_fresh_instance()
    {
        var actor = Sys.ActorOf<Closed>();
        EventFilter.Exception<TestFailureException>().ExpectOne(() => Tell(actor, 1, 2, "fail"));
        actor.Tell("open");
        ExpectMsg("opened");
        ExpectMsg(1);
        ExpectMsg(2);
    }

    [Fact]
    public void A_stopped_actors_stash_goes_to_dead_letters()
    {
        var dead = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetter>(dead.Ref);
        var actor = Sys.ActorOf<Closed>();
        Tell(actor, 1, 2, PoisonPill.Instance);
        dead.ExpectMsg<DeadLetter>(letter => Equals(letter.Message, 1));
        dead.ExpectMsg<DeadLetter>(letter => Equals(letter.Message, 2));
    }

    private void Tell(IActorRef actor, params object[] messages)
    {
        foreach (var message in messages)
        {
            actor.Tell(message, TestActor);
        }
    }

    private sealed class Closed : UntypedActor, IWithUnboundedStash
    {
        public IStash Stash { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "open":
                    Open();
                    Stash.UnstashAll();
                    break;
                case "open for one":
                    Open();
                    Stash.Unstash();
                    break;
                case "open and tell self 9":
                    Self.Tell(9, Sender);
                    Open();
                    Stash.UnstashAll();
                    break;
                case "stash twice":
                    Stash.Stash();
                    Sender.Tell(Record.Exception(Stash.Stash).GetType().Name);
                    break;
                case "fail":
                    throw new TestFailureException();
                default:
                    Stash.Stash();
                    break;
            }
        }

        private void Open()
        {
            Sender.Tell("opened");
            Become(message => Sender.Tell(message));
        }
    }
}
