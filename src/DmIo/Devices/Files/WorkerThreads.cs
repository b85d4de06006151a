using DmIo.Devices.Stores;

namespace DmIo.Devices.Files;

/// <summary>
/// A bounded set of background threads that make the calls of one device, in order of arrival. A thread is started when
/// a call is added and all threads are busy, and ends after an idle time. If no thread can be started, the adding
/// thread makes the call. Invariants: one permit for each queued call, and after the set is closed one more for each
/// thread; threads that are not busy are awake or wait for a permit.
/// </summary>
internal sealed class WorkerThreads : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim permits = new(0);
    private readonly TaskCompletionSource allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ThreadCall> run;
    private readonly Func<ThreadStart, bool> startThread;
    private readonly TimeSpan idleTime;
    private readonly int limit;
    private IntrusiveQueue<ThreadCall> queue;
    private int queued;
    private int threads;
    private int busy;
    private bool isClosed;

    /// <summary>Creates a set without threads.</summary>
    /// <param name="limit">The largest number of threads.</param>
    /// <param name="idleTime">A thread ends after this time without a call.</param>
    /// <param name="run">Makes a call; never throws.</param>
    /// <param name="startThread">Starts a thread; false: the system has no thread.</param>
    internal WorkerThreads(int limit, TimeSpan idleTime, Action<ThreadCall> run, Func<ThreadStart, bool> startThread)
    {
        this.limit = limit;
        this.idleTime = idleTime;
        this.run = run;
        this.startThread = startThread;
    }

    /// <summary>The number of threads.</summary>
    internal int ThreadCount
    {
        get
        {
            lock (gate)
            {
                return threads;
            }
        }
    }

    /// <summary>Queues a call.</summary>
    internal void Add(ThreadCall call)
    {
        bool isThreadNeeded;
        lock (gate)
        {
            Invariant.Require(!isClosed);
            queue.Add(call);
            queued++;
            isThreadNeeded = queued > threads - busy && threads < limit;
            threads += isThreadNeeded ? 1 : 0;
        }

        permits.Release();
        if (isThreadNeeded && !startThread(Work))
        {
            RunWithoutThread();
        }
    }

    /// <summary>Ends the threads after the queued calls; no call may be added any more.</summary>
    internal Task CloseAsync()
    {
        lock (gate)
        {
            isClosed = true;
            if (threads == 0)
            {
                allEnded.TrySetResult();
            }
            else
            {
                permits.Release(threads);
            }
        }

        return allEnded.Task;
    }

    public void Dispose() => permits.Dispose();

    private void Work()
    {
        while (true)
        {
            var isAwake = permits.Wait(idleTime);
            ThreadCall? call;
            lock (gate)
            {
                call = isAwake ? TryTake() : null;
                if (call is null && queued == 0)
                {
                    End();
                    return;
                }

                busy += call is null ? 0 : 1;
            }

            if (call is not null)
            {
                run(call);
                lock (gate)
                {
                    busy--;
                }
            }
        }
    }

    /// <summary>Called if no thread could be started: the existing threads make the calls, or, if there are none, this
    /// thread does.</summary>
    private void RunWithoutThread()
    {
        lock (gate)
        {
            threads--;
            if (threads > 0)
            {
                return;
            }
        }

        while (permits.Wait(0))
        {
            ThreadCall? call;
            lock (gate)
            {
                call = TryTake();
            }

            run(call!);
        }
    }

    private ThreadCall? TryTake()
    {
        var call = queue.TryTake();
        queued -= call is null ? 0 : 1;
        return call;
    }

    private void End()
    {
        threads--;
        if (isClosed && threads == 0)
        {
            allEnded.TrySetResult();
        }
    }
}
