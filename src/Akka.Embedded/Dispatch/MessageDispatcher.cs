// What runs mailboxes. A configurator, found by the "type" of a HOCON section, makes dispatchers; the test kit
// brings one of its own that runs on the calling thread.
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>Runs actors' mailboxes and other work on threads of its choice.</summary>
public abstract class MessageDispatcher
{
    private const int DefaultThroughput = 100;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator) => Configurator = configurator;

    public MessageDispatcherConfigurator Configurator { get; }
    public EventStream EventStream => Configurator.Prerequisites.EventStream;
    public string Id { get; protected set; } = "";

    /// <summary>Messages that one actor handles before it lets others run.</summary>
    public int Throughput { get; set; } = DefaultThroughput;

    /// <summary>Runs an action on this dispatcher.</summary>
    public void Schedule(Action run) => ExecuteTask(new ActionRunnable(run));

    protected abstract void ExecuteTask(IRunnable run);

    protected abstract void Shutdown();

    internal virtual void RunMailbox(Mailbox mailbox) => ExecuteTask(mailbox);

    /// <summary>An actor begins to live here.</summary>
    internal virtual void Attach(ActorCell cell)
    {
    }

    /// <summary>An actor that lived here has ended.</summary>
    internal virtual void Detach(ActorCell cell)
    {
    }
}

/// <summary>Makes the dispatchers of one HOCON section.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Config Config { get; }
    public IDispatcherPrerequisites Prerequisites { get; }

    /// <summary>The dispatcher for one more actor: a shared one, or a new one each time.</summary>
    public abstract MessageDispatcher Dispatcher();
}

/// <summary>What dispatchers may use of their system.</summary>
public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }
    IScheduler Scheduler { get; }
    Settings Settings { get; }
}

/// <summary>The system's own parts.</summary>
public sealed class DefaultDispatcherPrerequisites(EventStream eventStream, IScheduler scheduler, Settings settings)
    : IDispatcherPrerequisites
{
    public EventStream EventStream => eventStream;
    public IScheduler Scheduler => scheduler;
    public Settings Settings => settings;
}
