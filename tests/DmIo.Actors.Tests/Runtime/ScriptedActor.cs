using Akka.Actor;

namespace DmIo.Actors.Tests.Runtime;

/// <summary>An actor whose handler and PostStop are delegates of the test.</summary>
internal sealed class ScriptedActor : UntypedActor
{
    private readonly Action<IActorContext, object> receive;
    private readonly Action? ended;

    public ScriptedActor(Action<IActorContext, object> receive, Action? ended)
    {
        this.receive = receive;
        this.ended = ended;
    }

    internal static Props Props(Action<IActorContext, object> receive, Action? ended = null) =>
        Akka.Actor.Props.Create(() => new ScriptedActor(receive, ended));

    protected override void OnReceive(object message) => receive(Context, message);

    protected override void PostStop() => ended?.Invoke();
}
