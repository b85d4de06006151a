// The base of every specification: an actor system with a test kit, quiet unless something is wrong.
// A specification is compiled against the embedded runtime and against the real packages, and must hold on both.

using Akka.Actor;
using Akka.Configuration;

namespace Akka.Conformance.Tests.Fixtures;

public abstract class Specification : Akka.TestKit.Xunit2.TestKit
{
    private const string Quiet = """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        """;

    protected Specification(string configuration = "")
        : base(ConfigurationFactory.ParseString(configuration).WithFallback(ConfigurationFactory.ParseString(Quiet)))
    {
    }

    /// <summary>Starts a top-level actor that handles every message by the function given.</summary>
    protected IActorRef Start(Action<IUntypedActorContext, object> onMessage, string? name = null)
        => Sys.ActorOf(Scripted.By(onMessage), name);

    /// <summary>Starts a top-level actor that answers each message with itself.</summary>
    protected IActorRef StartEcho(string? name = null)
        => Start(static (context, message) => context.Sender.Tell(message, context.Self), name);

    /// <summary>
    /// Starts an echo under a name whose last owner has ended. Others may know that before its parent does, and only
    /// the parent frees the name.
    /// </summary>
    protected IActorRef StartEchoAgain(string name)
    {
        var actor = ActorRefs.NoSender;
        AwaitAssert(() => actor = StartEcho(name));
        return actor;
    }

    /// <summary>Watches the actor, stops it and waits until it is gone.</summary>
    protected void StopAndWait(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
    }
}
