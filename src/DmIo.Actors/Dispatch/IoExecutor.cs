using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Dispatch;

namespace DmIo.Actors;

/// <summary>
/// Runs mailboxes in the order in which they became ready, on at most as many threads of the .NET thread pool as there
/// are processors; when the pool has no thread to give, on threads of its own.
/// <list type="bullet">
/// <item>A pump is a work item of the pool that runs mailboxes until the queue is empty. A mailbox that becomes ready
/// while all pumps are at work costs one enqueue, and no wake-up of a thread.</item>
/// <item>Order: first in, first out. The pool's own queues are last in, first out on each thread, and let a mailbox
/// wait for milliseconds behind those that became ready after it.</item>
/// <item>Starvation: while the queue is in use, a watchdog thread looks at its head every <see cref="Tick"/>. A head
/// that has not moved means that every pump waits for a pool thread, or is blocked in a device: a helper thread is
/// added, one for each tick, up to <see cref="MaxHelpers"/>. A helper ends after <see cref="HelperLife"/>.</item>
/// </list>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Mailboxes may come after the shutdown, from any thread.")]
internal sealed class IoExecutor : ExecutorService, IThreadPoolWorkItem
{
    /// <summary>Mailboxes that a pump runs before the pool's other work items have their turn.</summary>
    private const int MailboxesPerPump = 64;

    private const int MaxHelpers = 64;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan HelperLife = TimeSpan.FromSeconds(1);

    /// <summary>Ticks with an empty queue after which the watchdog sleeps until the next use.</summary>
    private const int IdleTicks = 100;

    private readonly ConcurrentQueue<IRunnable> ready = new();
    private readonly AutoResetEvent used = new(initialState: false);
    private readonly SemaphoreSlim forHelpers = new(0);
    private readonly Action<IThreadPoolWorkItem> startPump;
    private readonly int maxPumps = Math.Max(2, Environment.ProcessorCount);
    private int pumps;
    private int helpers;
    private volatile bool isWatched;
    private volatile bool isShutDown;

    /// <param name="id">The dispatcher's path.</param>
    /// <param name="startPump">Queues a pump to the thread pool.</param>
    internal IoExecutor(string id, Action<IThreadPoolWorkItem> startPump)
        : base(id)
    {
        this.startPump = startPump;
        new Thread(Watch) { IsBackground = true, Name = $"{id}-watchdog" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        ready.Enqueue(run);
        if (Volatile.Read(ref pumps) < maxPumps)
        {
            AddPump();
        }

        if (Volatile.Read(ref helpers) > 0)
        {
            forHelpers.Release();
        }

        if (!isWatched && !isShutDown)
        {
            isWatched = true;
            used.Set();
        }
    }

    /// <summary>The dispatcher has no actors left. A mailbox that comes all the same still runs.</summary>
    public override void Shutdown()
    {
        isShutDown = true;
        used.Set();
    }

    /// <summary>A pump.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        for (var left = MailboxesPerPump; left > 0; left--)
        {
            if (!ready.TryDequeue(out var run))
            {
                Interlocked.Decrement(ref pumps);
                if (!ready.IsEmpty)
                {
                    // Enqueued by a thread that saw this pump at work.
                    AddPump();
                }

                return;
            }

            run.Run();
        }

        startPump(this);
    }

    private void AddPump()
    {
        var count = Volatile.Read(ref pumps);
        while (count < maxPumps)
        {
            var seen = Interlocked.CompareExchange(ref pumps, count + 1, count);
            if (seen == count)
            {
                startPump(this);
                return;
            }

            count = seen;
        }
    }

    private void Watch()
    {
        IRunnable? last = null;
        var idle = 0;
        while (!isShutDown)
        {
            used.WaitOne(isWatched ? Tick : Timeout.InfiniteTimeSpan);
            if (ready.TryPeek(out var head))
            {
                idle = 0;
                if (ReferenceEquals(head, last))
                {
                    AddHelper();
                }
            }
            else if (++idle >= IdleTicks)
            {
                idle = 0;
                isWatched = false;
                isWatched = !ready.IsEmpty;
            }

            last = head;
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
        do
        {
            while (ready.TryDequeue(out var run))
            {
                run.Run();
            }
        }
        while (Environment.TickCount64 - began < HelperLife.TotalMilliseconds && forHelpers.Wait(HelperLife));
        Interlocked.Decrement(ref helpers);
    }
}
