// The runtime's side of one actor: everything that outlives its instances. Touched only by the thread that runs
// its mailbox, but for the mailbox itself and the children's register. The parts:
//   this file                 what the actor sees as its context; behaviours
//   ActorCell.Messages.cs     user and system messages
//   ActorCell.Life.cs         creation and end
//   ActorCell.Faults.cs       failure and restart
//   ActorCell.Children.cs, ActorCell.DeathWatch.cs, ActorCell.ReceiveTimeout.cs
using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

internal sealed partial class ActorCell : IUntypedActorContext
{
    private readonly LocalActorRef _self;
    private ActorBase? _actor;
    private ActorTaskScheduler? _taskScheduler;
    private bool _logsReceive;
    private Receive _behaviour = static _ => false;
    private Stack<Receive>? _stackedBehaviours;

    internal ActorCell(
        ActorSystemImpl system, LocalActorRef self, Props props, MessageDispatcher dispatcher,
        IInternalActorRef parent)
    {
        _self = self;
        SystemImpl = system;
        Props = props;
        Dispatcher = dispatcher;
        ParentRef = parent;
        Mailbox = new Mailbox(this, dispatcher);
    }

    /// <summary>The actor that this thread is running; null where it runs none.</summary>
    internal static ActorCell? Current => InternalCurrentActorCellKeeper.Current;

    internal ActorSystemImpl SystemImpl { get; }
    internal Mailbox Mailbox { get; }
    internal IInternalActorRef ParentRef { get; }

    /// <summary>The message in hand with its sender; of a message that failed until the restart is over.</summary>
    internal Letter? Letter { get; set; }

    internal ActorTaskScheduler TaskScheduler => _taskScheduler ??= new ActorTaskScheduler(this);

    public IActorRef Self => _self;
    public Props Props { get; private set; }
    public MessageDispatcher Dispatcher { get; }
    public IActorRef Sender => Letter?.Sender ?? SystemImpl.DeadLetters;
    public ActorSystem System => SystemImpl;
    public IActorRef Parent => ParentRef;

    private Type ActorType => _actor?.GetType() ?? GetType();

    public void Become(Receive receive) => _behaviour = receive;

    public void BecomeStacked(Receive receive)
    {
        (_stackedBehaviours ??= new Stack<Receive>()).Push(_behaviour);
        _behaviour = receive;
    }

    public void UnbecomeStacked()
    {
        if (_stackedBehaviours is { Count: > 0 })
        {
            _behaviour = _stackedBehaviours.Pop();
        }
    }

    void IUntypedActorContext.Become(UntypedReceive receive) => Become(Handling(receive));

    void IUntypedActorContext.BecomeStacked(UntypedReceive receive) => BecomeStacked(Handling(receive));

    private static Receive Handling(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    public ActorSelection ActorSelection(string actorPath) => SystemImpl.Select(actorPath, _self);

    public ActorSelection ActorSelection(ActorPath actorPath) => SystemImpl.ActorSelection(actorPath);
}
