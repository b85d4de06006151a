using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Configuration;
using Akka.Dispatch;

namespace DmIo.Actors.Dispatch;

/// <summary>
/// Runs mailboxes in the order in which they became ready, on the .NET thread pool; if the pool is starved, on its own
/// threads.
/// <list type="bullet">
/// <item>Runners: up to one work item per processor takes mailboxes from one queue, first in, first out. The pool
/// itself would run them last in, first out on each thread, where two actors that exchange messages delay all
/// others.</item>
/// <item>Fairness: after <see cref="Quantum"/> mailboxes a runner requeues itself behind the pool's other work.</item>
/// <item>Starvation: while the queue is in use, a watchdog thread checks it every <see cref="Tick"/>. If the queue is
/// not empty, and no mailbox was taken for <see cref="StarvedTicks"/>, every thread of the pool is blocked, by the
/// application or by a device. The watchdog then adds one helper thread for each tick without progress, up to
/// <see cref="MaxHelpers"/>. A helper ends after <see cref="HelperLife"/>.</item>
/// </list>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Mailboxes may come after the shutdown, from any thread.")]
internal sealed class IoExecutor : ExecutorService, IThreadPoolWorkItem
{
    private const int Quantum = 64;
    private const int MaxHelpers = 64;

    /// <summary>A shorter pause is more often one of the whole machine: a busy host suspends a virtual machine for
    /// longer than a tick.</summary>
    private const int StarvedTicks = 5;

    /// <summary>Ticks with an empty queue after which the watchdog sleeps until the next use.</summary>
    private const int IdleTicks = 100;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan HelperLife = TimeSpan.FromSeconds(2);
    private static readonly int MaxRunners = Environment.ProcessorCount;

    private readonly ConcurrentQueue<IRunnable> ready = new();
    private readonly AutoResetEvent used = new(initialState: false);
    private readonly AutoResetEvent forHelpers = new(initialState: false);
    private readonly Action<IThreadPoolWorkItem> queueToPool;
    private readonly Action<ThreadStart> startHelper;

    /// <summary>Work items in the pool's queue or running.</summary>
    private int runners;
    private int helpers;

    /// <summary>Changes when a mailbox is taken. Approximate: concurrent increments may be lost.</summary>
    private int taken;
    private volatile bool isWatched;
    private volatile bool isShutDown;

    /// <param name="id">The dispatcher's path.</param>
    /// <param name="queueToPool">Queues a work item to the thread pool.</param>
    internal IoExecutor(string id, Action<IThreadPoolWorkItem> queueToPool)
        : this(id, queueToPool, StartHelper)
    {
    }

    /// <summary>An executor with its own method of starting helper threads.</summary>
    internal IoExecutor(string id, Action<IThreadPoolWorkItem> queueToPool, Action<ThreadStart> startHelper)
        : base(id)
    {
        this.queueToPool = queueToPool;
        this.startHelper = startHelper;
        new Thread(Watch) { IsBackground = true, Name = $"{id}-watchdog" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        ready.Enqueue(run);
        AddRunner();
        if (Volatile.Read(ref helpers) > 0)
        {
            forHelpers.Set();
        }

        if (!isWatched && !isShutDown)
        {
            isWatched = true;
            used.Set();
        }
    }

    /// <summary>The dispatcher has no actors left. A mailbox that is queued later still runs, on the pool.</summary>
    public override void Shutdown()
    {
        isShutDown = true;
        used.Set();
    }

    /// <summary>Runs as a runner.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        for (var left = Quantum; left > 0; left--)
        {
            if (!ready.TryDequeue(out var run))
            {
                Interlocked.Decrement(ref runners);
                if (!ready.IsEmpty)
                {
                    // The mailbox became ready when this work item still counted as a runner.
                    AddRunner();
                }

                return;
            }

            taken++;
            run.Run();
        }

        queueToPool(this);
    }

    private static void StartHelper(ThreadStart help) =>
        new Thread(help) { IsBackground = true, Name = "dmio-helper" }.Start();

    private void AddRunner()
    {
        var now = Volatile.Read(ref runners);
        while (now < MaxRunners)
        {
            var found = Interlocked.CompareExchange(ref runners, now + 1, now);
            if (found == now)
            {
                queueToPool(this);
                return;
            }

            now = found;
        }
    }

    private void Watch()
    {
        var last = 0;
        var starved = 0;
        var idle = 0;
        while (!isShutDown)
        {
            used.WaitOne(isWatched ? Tick : Timeout.InfiniteTimeSpan);
            var now = Volatile.Read(ref taken);
            var isEmpty = ready.IsEmpty;
            starved = !isEmpty && now == last ? starved + 1 : 0;
            idle = isEmpty ? idle + 1 : 0;
            last = now;
            if (starved >= (Volatile.Read(ref helpers) == 0 ? StarvedTicks : 1))
            {
                AddHelper();
            }

            if (idle >= IdleTicks)
            {
                idle = 0;
                isWatched = false;
                Interlocked.MemoryBarrier();
                if (!ready.IsEmpty)
                {
                    // Enqueued by a thread that saw the watchdog running.
                    isWatched = true;
                }
            }
        }
    }

    private void AddHelper()
    {
        if (Volatile.Read(ref helpers) < MaxHelpers)
        {
            Interlocked.Increment(ref helpers);
            try
            {
                startHelper(Help);
            }
            catch (Exception fault) when (fault is OutOfMemoryException or ThreadStartException)
            {
                // The system cannot start a thread now; the next tick retries.
                Interlocked.Decrement(ref helpers);
            }
        }
    }

    private void Help()
    {
        var began = Environment.TickCount64;
        while (Environment.TickCount64 - began < HelperLife.TotalMilliseconds)
        {
            if (ready.TryDequeue(out var run))
            {
                taken++;
                run.Run();
            }
            else if (!forHelpers.WaitOne(HelperLife))
            {
                break;
            }
        }

        Interlocked.Decrement(ref helpers);
    }
}

/// <summary>Creates the <see cref="IoExecutor"/> of a dispatcher: <c>executor =
/// "DmIo.Actors.Dispatch.IoExecutorConfigurator, DmIo.Actors"</c>. Akka.NET instantiates it by reflection.</summary>
/// <param name="config">The dispatcher's block, of which no key is read.</param>
/// <param name="prerequisites">Akka.NET's prerequisites.</param>
internal sealed class IoExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) =>
        new IoExecutor(id, static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
}
