// The everyday dispatcher: mailboxes are work items of the thread pool. Nothing here waits, so a full pool makes
// actors late but never stuck. They go into the pool's common queue, first come, first served: a thread's own queue is
// last come, first served, where two actors that talk to each other keep a thread and hold up all others on it; and
// who waits its turn finds more messages then, for the same cost.
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
        ThreadPool.UnsafeQueueUserWorkItem(mailbox, preferLocal: false);

    protected override void ExecuteTask(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
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
