// The top of the tree: the root, /user with the user's actors and /system with the runtime's.
// They end in this order: /user, then /system, then the root. A failure that reaches a guardian ends the system.
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor.Internal;

internal sealed class Guardians
{
    private readonly ActorSystemImpl _system;

    internal Guardians(ActorSystemImpl system)
    {
        _system = system;
        var stop = new OneForOneStrategy(cause =>
        {
            system.Log.Error(cause, "Guardian failed. Shutting down system");
            return Directive.Stop;
        });
        var user = SupervisorStrategyConfigurator.CreateConfigurator(system.Settings.SupervisorStrategyClass).Create();
        var root = Props.Create(() => new RootGuardian(this)).WithSupervisorStrategy(stop);
        Root = Make(root, new AboveRootActorRef(system), system.RootPath);
        User = Make(Props.Create<Guardian>(user), Root, system.RootPath / "user");
        System = Make(Props.Create(() => new SystemGuardian(this)), Root, system.RootPath / "system");
    }

    internal LocalActorRef Root { get; }
    internal LocalActorRef User { get; }
    internal LocalActorRef System { get; }

    internal void Start()
    {
        Root.Cell.Adopt(User);
        Root.Cell.Adopt(System);
        Root.Cell.Start();
        System.Cell.Start();
        User.Cell.Start();
    }

    private LocalActorRef Make(Props props, IInternalActorRef parent, ActorPath path) => new(
        _system, props, _system.Dispatchers.Lookup(Dispatchers.InternalDispatcherId), parent, path);

    /// <summary>Does nothing but supervise.</summary>
    private class Guardian : ActorBase
    {
        protected override bool Receive(object message)
        {
            Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
            return true;
        }
    }

    private sealed class RootGuardian(Guardians guardians) : Guardian
    {
        protected override void PreStart() => Context.Watch(guardians.System);

        protected override bool Receive(object message)
        {
            if (message is not Terminated)
            {
                return base.Receive(message);
            }

            Context.Stop(Self);
            return true;
        }
    }

    private sealed class SystemGuardian(Guardians guardians) : Guardian
    {
        protected override void PreStart() => Context.Watch(guardians.User);

        // A logger that always crashes would crash at the report of its crash too, for ever.
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
            10, TimeSpan.FromSeconds(10), Akka.Actor.SupervisorStrategy.DefaultDecider);

        protected override bool Receive(object message)
        {
            if (message is not Terminated)
            {
                return base.Receive(message);
            }

            Context.System.EventStream.StopDefaultLoggers(Context.System);
            Context.Stop(Self);
            return true;
        }
    }

    /// <summary>The root's parent: hears of the root's failure and of its end.</summary>
    private sealed class AboveRootActorRef(ActorSystemImpl system) : MinimalActorRef
    {
        public override ActorPath Path { get; } = system.RootPath / "_Root-guardian-supervisor";

        private protected override void OnSystemMessage(SystemMessage message)
        {
            switch (message)
            {
                case Failed failed:
                    system.Log.Error(failed.Cause, "guardian {0} failed, shutting down!", failed.Child);
                    failed.Child.Stop();
                    break;
                case DeathWatchNotification:
                    system.CompleteTermination();
                    break;
            }
        }
    }
}
