// A receive timeout tells an actor that nobody wrote to it for so long.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class ReceiveTimeoutSpecs : VirtualTimeSpecification
{
    [Fact]
    public void An_idle_actor_gets_ReceiveTimeout_when_the_time_is_over()
    {
        StartIdle();
        Clock.Advance(Seconds(9));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("timeout");
    }

    [Fact]
    public void Every_message_starts_the_time_again()
    {
        var actor = StartIdle();
        Clock.Advance(Seconds(9));
        actor.Tell("hello");
        ExpectMsg("hello");
        ExpectSettled(actor);
        Clock.Advance(Seconds(9));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("timeout");
    }

    [Fact]
    public void The_timeout_repeats_while_the_actor_stays_idle()
    {
        var actor = StartIdle();
        Clock.Advance(Seconds(10));
        ExpectMsg("timeout");
        ExpectSettled(actor);
        Clock.Advance(Seconds(10));
        ExpectMsg("timeout");
    }

    [Fact]
    public void A_message_that_does_not_influence_the_timeout_does_not_start_it_again()
    {
        var actor = StartIdle();
        Clock.Advance(Seconds(9));
        actor.Tell(new Unnoticed());
        ExpectMsg<Unnoticed>();
        Clock.Advance(Seconds(1));
        ExpectMsg("timeout");
    }

    [Fact]
    public void Null_turns_the_timeout_off()
    {
        var actor = StartIdle();
        actor.Tell("off");
        ExpectMsg("off");
        ExpectSettled(actor);
        Clock.Advance(Seconds(100));
        ExpectNothing();
    }

    [Fact]
    public void The_context_tells_the_timeout_in_force()
    {
        Start((context, _) =>
        {
            context.Sender.Tell(context.ReceiveTimeout is null);
            context.SetReceiveTimeout(Seconds(3));
            context.Sender.Tell(context.ReceiveTimeout == Seconds(3));
        }).Tell("go");
        ExpectMsg(true);
        ExpectMsg(true);
    }

    private IActorRef StartIdle()
    {
        var actor = Start((context, message) =>
        {
            switch (message)
            {
                case "start":
                    context.SetReceiveTimeout(Seconds(10));
                    break;
                case "off":
                    context.SetReceiveTimeout(null);
                    break;
            }

            TestActor.Tell(message is ReceiveTimeout ? "timeout" : message);
        });
        actor.Tell("start");
        ExpectMsg("start");
        ExpectSettled(actor);
        return actor;
    }

    /// <summary>Time starts when the handler has returned: this answer comes behind that, and starts nothing.</summary>
    private void ExpectSettled(IActorRef actor)
    {
        actor.Tell(new Unnoticed());
        ExpectMsg<Unnoticed>();
    }

    private void ExpectNothing()
    {
        TestActor.Tell("nothing");
        ExpectMsg("nothing");
    }

    private sealed record Unnoticed : INotInfluenceReceiveTimeout;
}
