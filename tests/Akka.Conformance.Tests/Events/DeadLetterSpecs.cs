// Dead letters: what could not be delivered is published on the event stream, with its sender and recipient.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Events;

public sealed class DeadLetterSpecs : Specification
{
    public DeadLetterSpecs() => Sys.EventStream.Subscribe<DeadLetter>(TestActor);

    [Fact]
    public void A_message_to_a_dead_actor_is_a_dead_letter()
    {
        var actor = StartEcho();
        StopAndWait(actor);
        actor.Tell("lost", TestActor);
        ExpectMsg<DeadLetter>(letter =>
        {
            Assert.Equal("lost", letter.Message);
            Assert.Equal(TestActor, letter.Sender);
            Assert.Equal(actor, letter.Recipient);
        });
    }

    [Fact]
    public void A_message_told_to_dead_letters_is_one()
    {
        Sys.DeadLetters.Tell("direct", TestActor);
        ExpectMsg<DeadLetter>(letter => Equals(letter.Message, "direct") && letter.Sender.Equals(TestActor));
    }

    [Fact]
    public void A_message_to_a_path_that_nobody_lives_at_is_a_dead_letter()
    {
        Sys.ActorSelection("/user/nobody").Tell("lost");
        ExpectMsg<DeadLetter>(letter => Equals(letter.Message, "lost"));
    }

    [Fact]
    public void Messages_left_in_the_mailbox_of_a_stopped_actor_are_dead_letters_in_their_order()
    {
        using var gate = new ManualResetEventSlim();
        var actor = Start((context, _) =>
        {
            gate.Wait(TimeSpan.FromSeconds(10));
            context.Stop(context.Self);
        });
        actor.Tell("in hand");
        actor.Tell(1);
        actor.Tell(2);
        gate.Set();
        ExpectMsg<DeadLetter>(letter => Equals(letter.Message, 1));
        ExpectMsg<DeadLetter>(letter => Equals(letter.Message, 2));
    }

    [Fact]
    public void The_test_kit_counts_dead_letters_by_message_type()
    {
        var actor = StartEcho();
        StopAndWait(actor);
        EventFilter.DeadLetter<string>().Expect(2, () =>
        {
            actor.Tell("one");
            actor.Tell(2);
            actor.Tell("three");
        });
    }
}
