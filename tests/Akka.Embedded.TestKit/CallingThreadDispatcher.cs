// A dispatcher that runs an actor on the thread that tells it something, before Tell returns. An actor that is told
// something while it runs takes it when it is done with the message in hand, on the thread that runs it.

using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>Makes the dispatcher from its section of the configuration.</summary>
public sealed class CallingThreadDispatcherConfigurator(Config config) : MessageDispatcherConfigurator(config)
{
    public override MessageDispatcher Dispatcher() => new CallingThreadDispatcher(this);
}

/// <summary>Runs actors on their tellers' threads. For tests alone.</summary>
public sealed class CallingThreadDispatcher : MessageDispatcher
{
    public new const string Id = "akka.test.calling-thread-dispatcher";

    public CallingThreadDispatcher(MessageDispatcherConfigurator configurator)
        : base(configurator) => Throughput = int.MaxValue;

    protected override void ExecuteTask(IRunnable run) => run.Run();
}
