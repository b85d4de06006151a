// The everyday dispatcher: mailboxes are work items of the thread pool. Nothing here waits, so a full pool makes
// actors late but never stuck.
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Runs actors on the .NET thread pool.</summary>
public sealed class Dispatcher : MessageDispatcher
{
    internal Dispatcher(MessageDispatcherConfigurator configurator, string id, int throughput)
        : base(configurator)
    {
        Id = id;
        Throughput = throughput;
    }

    internal override void RunMailbox(Mailbox mailbox) =>
        ThreadPool.UnsafeQueueUserWorkItem(mailbox, preferLocal: true);

    protected override void ExecuteTask(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: true);
}

/// <summary>One shared <see cref="Dispatch.Dispatcher"/> for a HOCON section.</summary>
public sealed class DispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly Dispatcher _instance;

    public DispatcherConfigurator(Config config)
        : base(config) =>
        _instance = new Dispatcher(this, config.GetString("id")!, config.GetInt("throughput"));

    public override MessageDispatcher Dispatcher() => _instance;
}
