// A message that an actor does not handle is published, not lost in silence.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Messaging;

public sealed class UnhandledSpecs : Specification
{
    [Fact]
    public void Unhandled_publishes_message_sender_and_recipient()
    {
        Sys.EventStream.Subscribe<UnhandledMessage>(TestActor);
        var actor = Sys.ActorOf(Supervisor.With(null));
        actor.Tell("what is this");
        ExpectMsg<UnhandledMessage>(unhandled =>
        {
            Assert.Equal("what is this", unhandled.Message);
            Assert.Equal(TestActor, unhandled.Sender);
            Assert.Equal(actor, unhandled.Recipient);
        });
    }

    [Fact]
    public void A_receive_actor_without_a_matching_handler_leaves_the_message_unhandled()
    {
        Sys.EventStream.Subscribe<UnhandledMessage>(TestActor);
        Sys.ActorOf<OnlyStrings>().Tell(42);
        ExpectMsg<UnhandledMessage>(unhandled => Assert.Equal(42, unhandled.Message));
    }

    [Fact]
    public void An_unhandled_Terminated_is_a_death_pact()
    {
        var watched = StartEcho();
        var watcher = Sys.ActorOf(Props.Create(() => new Careless(watched)));
        Watch(watcher);
        EventFilter.Exception<DeathPactException>().ExpectOne(() => Sys.Stop(watched));
        ExpectTerminated(watcher);
    }

    private sealed class OnlyStrings : ReceiveActor
    {
        public OnlyStrings() => Receive<string>(Sender.Tell);
    }

    private sealed class Careless : UntypedActor
    {
        public Careless(IActorRef watched) => Context.Watch(watched);

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
