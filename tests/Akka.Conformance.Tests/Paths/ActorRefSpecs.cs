// Actor references: identity of an incarnation, order, and what may be told.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Paths;

public sealed class ActorRefSpecs : Specification
{
    [Fact]
    public void The_same_incarnation_is_equal_whoever_holds_it()
    {
        var actor = Start((context, _) => context.Sender.Tell(context.Self));
        actor.Tell("self");
        var self = ExpectMsg<IActorRef>();
        Assert.Equal(actor, self);
        Assert.Equal(actor.GetHashCode(), self.GetHashCode());
        Assert.Equal(0, actor.CompareTo(self));
    }

    [Fact]
    public void A_new_incarnation_under_the_same_name_is_another_actor()
    {
        var first = StartEcho("reborn");
        StopAndWait(first);
        var second = StartEchoAgain("reborn");
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_ref_to_a_dead_incarnation_does_not_reach_its_successor()
    {
        var first = StartEcho("successor");
        StopAndWait(first);
        var second = StartEchoAgain("successor");
        first.Tell("to the dead");
        second.Tell("to the living");
        ExpectMsg("to the living");
    }

    [Fact]
    public void A_ref_survives_the_restart_of_its_actor()
    {
        var actor = Start((context, message) =>
        {
            if (message is Exception failure)
            {
                throw failure;
            }

            context.Sender.Tell(context.Self);
        });
        actor.Tell(new TestFailureException());
        actor.Tell("self");
        Assert.Equal(actor, ExpectMsg<IActorRef>());
    }

    [Fact]
    public void Null_is_not_a_message()
    {
        var actor = StartEcho();
        actor.Tell("started");
        ExpectMsg("started");
        var refusal = Record.Exception(() => actor.Tell(null!));
        Assert.True(refusal is InvalidMessageException or ArgumentNullException, $"{refusal}");
    }

    [Fact]
    public void A_ref_prints_its_path()
        => Assert.Contains("akka://test/user/printed", StartEcho("printed").ToString(), StringComparison.Ordinal);

    [Fact]
    public void Telling_nobody_does_nothing()
    {
        ActorRefs.Nobody.Tell("lost");
        Assert.True(ActorRefs.Nobody.IsNobody());
        Assert.False(TestActor.IsNobody());
    }

    [Fact]
    public void Forward_keeps_the_original_sender()
    {
        var last = Start((context, _) => context.Sender.Tell("from the last", context.Self));
        var middle = Start((_, message) => last.Forward(message));
        middle.Tell("go");
        ExpectMsg("from the last");
        Assert.Equal(last, LastSender);
    }

    [Fact]
    public void Tell_inside_an_actor_carries_that_actor_as_sender()
    {
        var probe = CreateTestProbe();
        var actor = Start((_, message) => probe.Ref.Tell(message));
        actor.Tell("who");
        probe.ExpectMsg("who");
        Assert.Equal(actor, probe.LastSender);
    }

    [Fact]
    public void A_message_told_from_outside_without_a_sender_is_answered_to_dead_letters()
    {
        var dead = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetterSubject>(dead.Ref);
        Sys.EventStream.Subscribe<Akka.Event.DeadLetter>(dead.Ref);
        StartEcho().Tell(new DeadLetterSubject(), ActorRefs.NoSender);
        dead.ExpectMsg<Akka.Event.DeadLetter>(letter => letter.Message is DeadLetterSubject);
    }

    private sealed record DeadLetterSubject;
}
