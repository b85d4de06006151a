// An actor whose behaviour is one function, so that a specification says all that matters in one place.

using Akka.Actor;

namespace Akka.Conformance.Tests.Fixtures;

internal sealed class Scripted : UntypedActor
{
    private readonly Action<IUntypedActorContext, object> _onMessage;

    public Scripted(Action<IUntypedActorContext, object> onMessage) => _onMessage = onMessage;

    internal static Props By(Action<IUntypedActorContext, object> onMessage)
        => Props.Create(() => new Scripted(onMessage));

    protected override void OnReceive(object message) => _onMessage(Context, message);
}
