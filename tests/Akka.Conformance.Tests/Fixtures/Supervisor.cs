// A parent with the strategy given (or the default one). It starts a child from Props and answers with its ref.

using Akka.Actor;

namespace Akka.Conformance.Tests.Fixtures;

internal sealed class Supervisor : UntypedActor
{
    private readonly SupervisorStrategy? _strategy;

    public Supervisor(SupervisorStrategy? strategy) => _strategy = strategy;

    internal static Props With(SupervisorStrategy? strategy) => Props.Create(() => new Supervisor(strategy));

    protected override SupervisorStrategy SupervisorStrategy() => _strategy ?? base.SupervisorStrategy();

    protected override void PreRestart(Exception reason, object message) => PostStop();

    protected override void OnReceive(object message)
    {
        if (message is Props child)
        {
            Sender.Tell(Context.ActorOf(child));
            return;
        }

        Unhandled(message);
    }
}
