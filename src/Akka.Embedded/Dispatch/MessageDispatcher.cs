// What runs mailboxes. A configurator, found by the "type" of a HOCON section, makes dispatchers; the test kit
// brings one of its own that runs on the calling thread.
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Work for a dispatcher; the thread pool takes it as it is.</summary>
public interface IRunnable : IThreadPoolWorkItem
{
    void Run();
}

/// <summary>Runs actors' mailboxes and other work on threads of its choice.</summary>
public abstract class MessageDispatcher
{
    private const int DefaultThroughput = 100;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator) => Configurator = configurator;

    public MessageDispatcherConfigurator Configurator { get; }
    public string Id { get; protected set; } = "";

    /// <summary>Messages that one actor handles before it lets others run.</summary>
    public int Throughput { get; set; } = DefaultThroughput;

    protected abstract void ExecuteTask(IRunnable run);

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
    protected MessageDispatcherConfigurator(Config config) => Config = config;

    public Config Config { get; }

    /// <summary>The dispatcher for one more actor: a shared one, or a new one each time.</summary>
    public abstract MessageDispatcher Dispatcher();
}
