// A thread of its own for one actor, for actors that block. The thread begins with the actor and ends after it:
// when the actor has ended and all work that was queued by then is done.
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Runs one actor on a thread that nobody else uses.</summary>
public sealed class PinnedDispatcher : MessageDispatcher
{
    private readonly BlockingCollection<IRunnable> _work = [];
    private ActorCell? _owner;

    internal PinnedDispatcher(MessageDispatcherConfigurator configurator, string id, int throughput)
        : base(configurator)
    {
        Id = id;
        Throughput = throughput;
    }

    internal override void Attach(ActorCell cell)
    {
        if (Interlocked.CompareExchange(ref _owner, cell, null) is { } owner)
        {
            throw new InvalidOperationException($"Cannot register to anyone but {owner.Self}");
        }

        new Thread(WorkUntilShutdown) { IsBackground = true, Name = $"{Id} {cell.Self.Path.Name}" }.Start();
    }

    internal override void Detach(ActorCell cell) => _work.CompleteAdding();

    protected override void ExecuteTask(IRunnable run)
    {
        try
        {
            _work.Add(run);
        }
        catch (InvalidOperationException)
        {
            // The actor has ended and its thread with it; late work is as good on any thread.
            ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        }
    }

    private void WorkUntilShutdown()
    {
        foreach (var run in _work.GetConsumingEnumerable())
        {
            run.Run();
        }

        _work.Dispose();
    }
}

/// <summary>A new <see cref="Dispatch.PinnedDispatcher"/> for each actor.</summary>
public sealed class PinnedDispatcherConfigurator(Config config) : MessageDispatcherConfigurator(config)
{
    public override MessageDispatcher Dispatcher() =>
        new PinnedDispatcher(this, Config.GetString("id")!, Config.GetInt("throughput"));
}
