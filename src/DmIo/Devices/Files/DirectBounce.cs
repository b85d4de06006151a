using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// The layer between a direct <see cref="FileDevice"/> and its engine: aligned memory is passed on unchanged;
/// misaligned blocks are copied through bounce pages. A transfer takes all the pages that it needs or waits, in order
/// of arrival; a transfer that needs more pages than exist is cut short. So a waiting transfer waits only for transfers
/// in flight, whose completion serves it.
/// </summary>
internal sealed class DirectBounce : IFileEngine
{
    /// <summary>The number of buffers that are allocated if the owner provides no pages.</summary>
    private const int OwnBuffers = 64;

    // The engine takes one call at a time; where it was never attached, completions issue calls as well.
    private readonly Lock gate = new();
    private readonly Queue<BouncedTransfer> waiting = new();
    private readonly Stack<BouncedTransfer> idle = new();
    private readonly IFileEngine engine;
    private readonly DirectAlignment alignment;
    private readonly int bufferBytes;
    private BounceSet? set;
    private bool isAttached;

    internal DirectBounce(IFileEngine engine, DirectAlignment alignment)
    {
        this.engine = engine;
        this.alignment = alignment;
        bufferBytes = Math.Max(Page.SizeBytes, alignment.BlockSizeBytes);
    }

    public ServiceMode Mode => engine.Mode;

    public void Attach(DeviceHost host)
    {
        isAttached = true;
        if (host.BouncePages.Count > 0 && bufferBytes == Page.SizeBytes)
        {
            set = BounceSet.Of(host.BouncePages);
        }

        engine.Attach(host);
    }

    /// <summary>Does not take the gate: continuations run within the call, and an attached engine has one
    /// caller.</summary>
    public void Poll() => engine.Poll();

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (operation.Data is { } data && !IsAligned(data))
        {
            return BounceAsync(operation);
        }

        lock (gate)
        {
            return engine.SubmitAsync(operation);
        }
    }

    public ValueTask<IoStatus> ConfirmAcceptedAsync()
    {
        lock (gate)
        {
            return engine.ConfirmAcceptedAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync().ConfigureAwait(false);
        set?.Dispose();
    }

    /// <summary>The engine completed a transfer after its call had returned.</summary>
    internal void Finished(BouncedTransfer transfer)
    {
        Finish(transfer);
        ServeWaiting();
    }

    /// <summary>Takes back a transfer whose result was taken.</summary>
    internal void Return(BouncedTransfer transfer)
    {
        lock (gate)
        {
            idle.Push(transfer);
        }
    }

    /// <summary>
    /// Determines the alignment without a pin, because native memory of this library never moves. All other memory is
    /// checked while it is pinned.
    /// </summary>
    private unsafe bool IsAligned(SegmentBatch batch)
    {
        foreach (var segment in batch.Segments)
        {
            if (!MemoryMarshal.TryGetMemoryManager<byte, NativeWindow>(segment, out _))
            {
                return false;
            }

            var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(segment.Span));
            if ((address & (alignment.MemoryAlignmentBytes - 1)) != 0
                || (segment.Length & (alignment.BlockSizeBytes - 1)) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private ValueTask<TransferResult> BounceAsync(in DeviceOperation operation)
    {
        var transfer = Rent(out var pages);
        try
        {
            transfer.Begin(operation, pages.Count);
        }
        catch
        {
            Return(transfer);
            throw;
        }

        var task = transfer.Task;
        lock (gate)
        {
            waiting.Enqueue(transfer);
        }

        ServeWaiting();
        return task;
    }

    private BouncedTransfer Rent(out BounceSet pages)
    {
        lock (gate)
        {
            pages = set ??= BounceSet.Allocate(OwnBuffers, bufferBytes);
            return idle.TryPop(out var transfer) ? transfer : new BouncedTransfer(this, alignment, bufferBytes);
        }
    }

    /// <summary>Issues transfers from the head of the queue while there are pages.</summary>
    private void ServeWaiting()
    {
        while (TryTakeNext() is { } transfer)
        {
            if (TryIssue(transfer))
            {
                Finish(transfer);
            }
        }
    }

    private BouncedTransfer? TryTakeNext()
    {
        lock (gate)
        {
            return waiting.TryPeek(out var first) && first.TryTake(set!) ? waiting.Dequeue() : null;
        }
    }

    /// <summary>True: the engine has completed it already.</summary>
    private bool TryIssue(BouncedTransfer transfer)
    {
        ValueTask<TransferResult> call;
        try
        {
            transfer.Fill();
            lock (gate)
            {
                call = engine.SubmitAsync(transfer.Issued);
            }
        }
        catch (Exception exception)
        {
            call = ValueTask.FromException<TransferResult>(exception);
        }

        return transfer.Await(call);
    }

    private void Finish(BouncedTransfer transfer)
    {
        transfer.Finish();
        lock (gate)
        {
            transfer.ReturnBuffers(set!);
        }

        transfer.Complete(isAttached);
    }
}
