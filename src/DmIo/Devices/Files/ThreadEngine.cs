using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.Files;

/// <summary>
/// Makes the calls to the store on its own threads: for systems and kernels without io_uring. Each thread has one call
/// in flight; other calls wait, in order. Attached: results are completed on the turn of the owner, in
/// <see cref="Poll"/>; not attached: on pool threads. Allocates nothing in steady state.
/// </summary>
internal sealed class ThreadEngine : IFileEngine
{
    /// <summary>The largest number of threads: more threads would wait for each other in the kernel rather than for the
    /// disk.</summary>
    internal const int MaxThreads = 8;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Stack<ThreadCall> idle = new();
    private readonly Action<ThreadCall> returnCall;
    private readonly FileStore store;
    private readonly WorkerThreads workers;
    private IntrusiveQueue<ThreadCall> completed;
    private DeviceHost? owner;

    /// <summary>Creates an engine that has no thread yet.</summary>
    internal ThreadEngine(FileStore store, int queueDepth)
        : this(store, queueDepth, IdleTime, StartThread)
    {
    }

    /// <summary>Takes the source of threads, for tests.</summary>
    internal ThreadEngine(FileStore store, int queueDepth, TimeSpan idleTime, Func<ThreadStart, bool> startThread)
    {
        this.store = store;
        returnCall = Return;
        workers = new WorkerThreads(Math.Min(queueDepth, MaxThreads), idleTime, Make, startThread);
    }

    public ServiceMode Mode => ServiceMode.Threads;

    public void Attach(DeviceHost host) => owner = host;

    public void Poll()
    {
        IntrusiveQueue<ThreadCall> ready;
        lock (gate)
        {
            ready = completed;
            completed = default;
        }

        // New calls of a continuation complete in a later turn.
        while (ready.TryTake() is { } call)
        {
            call.Complete(isInline: true);
        }
    }

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var call = Rent();
        call.Begin(operation);
        var task = call.Task;
        workers.Add(call);
        return task;
    }

    public ValueTask<IoStatus> ConfirmAcceptedAsync()
    {
        var call = Rent();
        call.BeginConfirmation();
        var task = call.StatusTask;
        workers.Add(call);
        return task;
    }

    /// <summary>Ends after the calls in flight, and completes them.</summary>
    public async ValueTask DisposeAsync()
    {
        await workers.CloseAsync().ConfigureAwait(false);
        workers.Dispose();
        Poll();
    }

    /// <summary>Takes back a call whose result was taken.</summary>
    private void Return(ThreadCall call)
    {
        lock (gate)
        {
            idle.Push(call);
        }
    }

    private static bool StartThread(ThreadStart work)
    {
        try
        {
            new Thread(work) { IsBackground = true, Name = "dmio file" }.Start();
            return true;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private ThreadCall Rent()
    {
        lock (gate)
        {
            return idle.TryPop(out var call) ? call : new ThreadCall(returnCall);
        }
    }

    /// <summary>On a worker thread.</summary>
    private void Make(ThreadCall call)
    {
        call.Run(store);
        if (owner is not { } host)
        {
            call.Complete(isInline: false);
            return;
        }

        bool isFirst;
        lock (gate)
        {
            isFirst = completed.IsEmpty;
            completed.Add(call);
        }

        if (isFirst)
        {
            host.Wake();
        }
    }
}
