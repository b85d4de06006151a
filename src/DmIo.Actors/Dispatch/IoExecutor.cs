using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Dispatch;

namespace DmIo.Actors;

/// <summary>
/// Runs mailboxes in the order in which they became ready, on the .NET thread pool; when the pool has no thread to
/// give, on threads of its own.
/// <list type="bullet">
/// <item>Order: each mailbox that becomes ready is queued here, first in, first out, and one work item is queued to the
/// pool, which runs the mailbox at the head. The pool's own queues are last in, first out on each thread.</item>
/// <item>Starvation: while the queue is in use, a watchdog thread looks at it every <see cref="Tick"/>. A queue that is
/// not empty, and of which nothing was taken since the last look, means that every thread of the pool is blocked: by
/// the application, or by a device. The watchdog adds one helper thread for each such tick, up to
/// <see cref="MaxHelpers"/>. A helper ends after <see cref="HelperLife"/>.</item>
/// </list>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Mailboxes may come after the shutdown, from any thread.")]
internal sealed class IoExecutor : ExecutorService, IThreadPoolWorkItem
{
    private const int MaxHelpers = 64;

    /// <summary>Work items in the pool's queue: while the pool is starved and helpers run the mailboxes, no more than
    /// these add up.</summary>
    private const int MaxPooled = 4096;

    /// <summary>Ticks with an empty queue after which the watchdog sleeps until the next use.</summary>
    private const int IdleTicks = 100;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan HelperLife = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<IRunnable> ready = new();
    private readonly AutoResetEvent used = new(initialState: false);
    private readonly AutoResetEvent forHelpers = new(initialState: false);
    private readonly Action<IThreadPoolWorkItem> queueToPool;
    private int pooled;
    private int helpers;

    /// <summary>Changes whenever a mailbox is taken. Not exact: an increment may be lost beside another.</summary>
    private int taken;
    private volatile bool isWatched;
    private volatile bool isShutDown;

    /// <param name="id">The dispatcher's path.</param>
    /// <param name="queueToPool">Queues a work item to the thread pool.</param>
    internal IoExecutor(string id, Action<IThreadPoolWorkItem> queueToPool)
        : base(id)
    {
        this.queueToPool = queueToPool;
        new Thread(Watch) { IsBackground = true, Name = $"{id}-watchdog" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        ready.Enqueue(run);
        if (Interlocked.Increment(ref pooled) <= MaxPooled)
        {
            queueToPool(this);
        }
        else
        {
            Interlocked.Decrement(ref pooled);
        }

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

    /// <summary>The dispatcher has no actors left. A mailbox that comes all the same still runs, on the pool.</summary>
    public override void Shutdown()
    {
        isShutDown = true;
        used.Set();
    }

    /// <summary>Runs one mailbox, unless a helper has taken it.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var left = Interlocked.Decrement(ref pooled);
        if (!ready.TryDequeue(out var run))
        {
            return;
        }

        taken++;
        if (left == 0 && !ready.IsEmpty)
        {
            // More mailboxes than work items became ready.
            Interlocked.Increment(ref pooled);
            queueToPool(this);
        }

        run.Run();
    }

    private void Watch()
    {
        var last = taken;
        var idle = 0;
        while (!isShutDown)
        {
            used.WaitOne(isWatched ? Tick : Timeout.InfiniteTimeSpan);
            var now = Volatile.Read(ref taken);
            if (!ready.IsEmpty)
            {
                idle = 0;
                if (now == last)
                {
                    AddHelper();
                }
            }
            else if (++idle >= IdleTicks)
            {
                idle = 0;
                isWatched = false;
                Interlocked.MemoryBarrier();
                if (!ready.IsEmpty)
                {
                    // Enqueued by a thread that saw the watchdog at work.
                    isWatched = true;
                }
            }

            last = now;
        }
    }

    private void AddHelper()
    {
        if (Volatile.Read(ref helpers) < MaxHelpers)
        {
            Interlocked.Increment(ref helpers);
            new Thread(Help) { IsBackground = true, Name = "dmio-helper" }.Start();
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
