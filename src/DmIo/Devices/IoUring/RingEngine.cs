using System.Collections.Concurrent;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices.IoUring;

/// <summary>
/// Makes the calls of a file through io_uring, with one ring for each device. Attached: calls are gathered until
/// <see cref="Poll"/>, which submits all of them with one system call, and completes ended operations on the turn of
/// its caller; the reaper requests a poll when there are completions. Not attached, and during disposal with calls in
/// flight: each call is submitted immediately, under a lock, and completes on a pool thread. Operations that the ring
/// cannot do (zeroes that must be written, ioctls of block devices, any operation while the system lacks threads or
/// memory) become a blocking call of the store on a pool thread, and complete in the same way. Allocates nothing in
/// steady state.
/// </summary>
internal sealed class RingEngine : IFileEngine
{
    private readonly Lock gate = new();
    private readonly FileStore store;
    private readonly MappedRing ring;
    private readonly RingRegistrations registrations;
    private readonly RingOperationTable table = new();
    private readonly RingPause pause;
    private readonly RingPump pump;
    private readonly ConcurrentQueue<(RingOperation Operation, TransferResult Result)> called = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RingSignal? signal;
    private DeviceHost? host;
    private bool lacksZeroRange;
    private bool isPolling;
    private bool isDisposing;
    private bool isClosed;
    private int underWay;

    private RingEngine(FileStore store, MappedRing ring, RingRegistrations registrations, TimeProvider time)
    {
        this.store = store;
        this.ring = ring;
        this.registrations = registrations;
        pause = new RingPause(time, OnSignal);
        pump = new RingPump(ring, registrations, table, pause, OnEnded, CallStore);
    }

    /// <summary>The source of the reaper: <see cref="RingReaper.TryGet"/>, or another source in a test.</summary>
    internal delegate int ReaperSource(out RingReaper? reaper);

    public ServiceMode Mode => ServiceMode.Ring;

    /// <summary>The counters of the ring.</summary>
    internal RingCounters Counters => pump.Counters;

    private bool IsSelfPolled => host is null || isDisposing;

    /// <summary>Creates an engine for a number of operations in flight; null, with the reason as a sentence, if the
    /// system cannot provide an io_uring. The caller still owns the store.</summary>
    internal static RingEngine? TryCreate(FileStore store, int queueDepth, out string reason)
    {
        var opened = RingOpening.TryOpen(queueDepth, out var abilities, out reason);
        return opened is null ? null : TryCreate(store, opened, abilities, TimeProvider.System, out reason);
    }

    /// <summary>Creates an engine on a ring, which the engine owns, even if this method fails or throws: the ring then
    /// no longer holds the file.</summary>
    internal static RingEngine? TryCreate(
        FileStore store,
        MappedRing ring,
        RingAbilities abilities,
        TimeProvider time,
        out string reason,
        ReaperSource? reapers = null)
    {
        RingRegistrations? known = null;
        RingEngine? engine = null;
        var isReady = false;
        try
        {
            known = new RingRegistrations(ring, abilities, store.Handle);
            engine = new RingEngine(store, ring, known, time);
            var errno = (reapers ?? RingReaper.TryGet)(out var reaper);
            errno = errno != 0 ? errno : RingSignal.TryCreate(ring, reaper!, engine.OnSignal, out engine.signal);
            isReady = errno == 0;
            reason = isReady ? string.Empty : RingOpening.Explain(errno);
            return isReady ? engine : null;
        }
        finally
        {
            if (!isReady)
            {
                engine?.pause.Dispose();
                known?.Dispose();
                ring.Dispose();
            }
        }
    }

    public void Attach(DeviceHost host)
    {
        lock (gate)
        {
            Invariant.Require(this.host is null && underWay == 0 && !isDisposing);
            this.host = host;
        }
    }

    public void Poll()
    {
        // A continuation within a poll called this: the outer poll submits the added operations.
        if (host is null || isPolling)
        {
            return;
        }

        isPolling = true;
        try
        {
            if (host.Memory is { } memory)
            {
                registrations.Follow(memory);
            }

            if (PumpOnce())
            {
                host.Wake();
            }
        }
        finally
        {
            isPolling = false;
        }
    }

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => Start(operation).Task;

    public ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        Start(DeviceOperation.Flush(), isConfirmation: true).StatusTask;

    /// <summary>Waits for the operations in flight: until they end, the kernel may access their memory.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            Invariant.Require(!isDisposing);
            isDisposing = true;
            PumpAll();
        }

        await drained.Task.ConfigureAwait(false);
        Close();
    }

    private RingOperation Start(in DeviceOperation call, bool isConfirmation = false)
    {
        if (!IsSelfPolled)
        {
            return Add(call, isConfirmation);
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposing, this);
            var operation = Add(call, isConfirmation);
            PumpAll();
            return operation;
        }
    }

    private RingOperation Add(in DeviceOperation call, bool isConfirmation)
    {
        var operation = table.Begin(call, isConfirmation);
        underWay++;
        if (!isConfirmation && IsForRing(operation))
        {
            pump.Add(operation);
        }
        else
        {
            CallStore(operation);
        }

        return operation;
    }

    /// <summary>False: the store must make the call.</summary>
    private bool IsForRing(RingOperation operation) =>
        operation.Operation.Kind is IoOperation.Read or IoOperation.Write or IoOperation.Flush
        || (operation.Operation.Kind is IoOperation.Discard or IoOperation.WriteZeroes && TryAllocate(operation));

    /// <summary>Chooses how the kernel changes the extents of the file.</summary>
    private bool TryAllocate(RingOperation operation)
    {
        if (store is not LinuxFileStore file)
        {
            return false;
        }

        operation.AllocationMode = operation.Operation.Kind == IoOperation.Discard
            ? LinuxNative.PunchHole
            : file.ZeroingMode(operation.Operation.Zeroing);
        return operation.AllocationMode == LinuxNative.PunchHole || !lacksZeroRange;
    }

    /// <summary>Called by the reaper, the timer and the pool when there are completions.</summary>
    private void OnSignal()
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            if (IsSelfPolled)
            {
                PumpAll();
                return;
            }

            // One signal is enough: the requested poll takes all completions.
            ring.SignalsEvent = false;
        }

        host!.Wake();
    }

    private void PumpAll()
    {
        while (PumpOnce())
        {
        }

        if (isDisposing && underWay == 0)
        {
            drained.TrySetResult();
        }
    }

    private bool PumpOnce()
    {
        while (called.TryDequeue(out var call))
        {
            OnCalled(call.Operation, call.Result);
        }

        return pump.Pump();
    }

    private void OnCalled(RingOperation operation, TransferResult result)
    {
        if (operation.MayRepeat(result.Status.Failure?.Errno ?? 0, wasQueued: false)
            && operation.Tries < RingPump.MaxTries)
        {
            pump.Pause(operation);
        }
        else
        {
            Complete(operation, result);
        }
    }

    private void OnEnded(RingOperation operation, int result)
    {
        ref readonly var call = ref operation.Operation;
        var isZeroing = call.Kind == IoOperation.WriteZeroes;
        if (result == -Errno.NotSupported && (isZeroing || call.ForceUnitAccess))
        {
            lacksZeroRange |= isZeroing && operation.AllocationMode == LinuxNative.ZeroRange;
            CallStore(operation);
        }
        else if (result == 0 && isZeroing
            && store is LinuxFileStore file && file.EndsBefore(call.OffsetBytes + call.LengthBytes))
        {
            CallStore(operation);
        }
        else
        {
            Complete(operation, operation.ResultOf(result));
        }
    }

    private void Complete(RingOperation operation, in TransferResult result)
    {
        underWay--;
        operation.Complete(result, isInline: !IsSelfPolled);
    }

    private void CallStore(RingOperation operation) => ThreadPool.UnsafeQueueUserWorkItem(
        operation =>
        {
            called.Enqueue((operation, operation.CallStore(store)));
            OnSignal();
        },
        operation,
        preferLocal: false);

    private void Close()
    {
        lock (gate)
        {
            isClosed = true;
            signal?.Dispose();
            pause.Dispose();
            registrations.Dispose();
            ring.Dispose();
        }
    }
}
