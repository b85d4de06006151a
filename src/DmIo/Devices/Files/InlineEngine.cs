using System.Runtime.InteropServices;
using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.Files;

/// <summary>
/// Makes the calls to the store on the turn of its owner: for stores that never block, where a switch to another thread
/// costs more than the copy. Not attached: each call is made before it returns. Attached: calls are gathered and made
/// in <see cref="Poll"/>; if the file is mapped (<see cref="FileMapping"/>), up to
/// <see cref="GatheredCalls.MaxWrites"/> writes go to the kernel in one call; if there are many calls, they are shared
/// with a pool thread, if one is free, because two processors copy faster than one. The engine also works on a store
/// that blocks, but then blocks its caller, the device actor, and with it a thread of the dispatcher. Allocates nothing
/// in steady state.
/// </summary>
internal sealed class InlineEngine : IFileEngine
{
    /// <summary>The fewest calls that are shared: fewer calls are done before a pool thread starts.</summary>
    private const int MinSharedCalls = 8;

    /// <summary>About the time of one call. A thread that was preempted takes longer; the engine does not wait for
    /// it.</summary>
    private const int Spins = 20;

    private readonly FileStore store;
    private readonly FileMapping? mapping;
    private readonly GatheredCalls own;
    private readonly SharedRun shared;
    private readonly Stack<ThreadCall> idle = new();
    private readonly Action<ThreadCall> returnCall;
    private readonly bool isShared = Environment.ProcessorCount > 1;
    private List<ThreadCall> called = [];
    private List<ThreadCall> running = [];
    private DeviceHost? owner;

    internal InlineEngine(FileStore store, FileMapping? mapping)
    {
        this.store = store;
        this.mapping = mapping;
        own = new GatheredCalls(store, mapping);
        shared = new SharedRun(new GatheredCalls(store, mapping));
        returnCall = idle.Push;
    }

    public ServiceMode Mode => ServiceMode.Inline;

    public void Attach(DeviceHost host) => owner = host;

    public void Poll()
    {
        // New calls of a continuation are made in this turn, too.
        while (CompleteRun() && called.Count > 0)
        {
            (called, running) = (running, called);
            if (isShared && running.Count >= MinSharedCalls && shared.TryBegin(running))
            {
                shared.Work(own);
            }
            else
            {
                own.Run(CollectionsMarshal.AsSpan(running));
            }
        }
    }

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (owner is not null && operation.Kind.HasData())
        {
            var call = idle.TryPop(out var used) ? used : new ThreadCall(returnCall);
            call.Begin(operation);
            called.Add(call);
            return call.Task;
        }

        if (operation.Kind == IoOperation.Flush)
        {
            mapping?.UpdateModificationTime();
        }

        return new(FileCalls.Run(store, operation));
    }

    public ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        new(FileCalls.Run(store, DeviceOperation.Flush(), isConfirmation: true).Status);

    public ValueTask DisposeAsync()
    {
        mapping?.UpdateModificationTime();
        mapping?.Dispose();
        return default;
    }

    /// <summary>Completes the calls that were made. False: the pool thread is still at one of them, and wakes the owner
    /// afterwards.</summary>
    private bool CompleteRun()
    {
        for (var index = 0; index < running.Count; index++)
        {
            var call = running[index];
            if (!WaitForRun(call))
            {
                running.RemoveRange(0, index);
                return false;
            }

            call.Complete(isInline: true);
        }

        running.Clear();
        return true;
    }

    private bool WaitForRun(ThreadCall call)
    {
        var spin = default(SpinWait);
        while (!call.IsRun && spin.Count < Spins)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (!call.IsRun)
        {
            shared.WakeAfterwards(owner!.Wake);
        }

        return call.IsRun;
    }
}
