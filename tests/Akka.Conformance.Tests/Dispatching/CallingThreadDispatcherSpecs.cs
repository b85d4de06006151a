// The test kit's dispatcher that handles a message on the thread that told it, before Tell returns.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.TestKit;
using Xunit;

namespace Akka.Conformance.Tests.Dispatching;

public sealed class CallingThreadDispatcherSpecs : Specification
{
    [Fact]
    public void The_message_is_handled_before_Tell_returns_on_the_tellers_thread()
    {
        var thread = 0;
        var actor = StartOnCallingThread((_, message) =>
        {
            if (message is "go")
            {
                thread = Environment.CurrentManagedThreadId;
            }
        });
        actor.Tell("go");
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void Messages_told_from_inside_a_handler_wait_their_turn()
    {
        var order = new List<string>();
        var actor = StartOnCallingThread((context, message) =>
        {
            if (message is "outer")
            {
                context.Self.Tell("inner");
            }

            order.Add((string)message);
        });
        actor.Tell("outer");
        Assert.Equal(["outer", "inner"], order);
    }

    [Fact]
    public void The_dispatcher_has_a_name()
        => Assert.Equal("akka.test.calling-thread-dispatcher", CallingThreadDispatcher.Id);

    private IActorRef StartOnCallingThread(Action<IUntypedActorContext, object> onMessage)
    {
        var actor = Sys.ActorOf(Scripted.By(onMessage).WithDispatcher(CallingThreadDispatcher.Id));
        actor.Tell(new Identify("started")); // A top-level actor is started by its guardian.
        ExpectMsg<ActorIdentity>();
        return actor;
    }
}
