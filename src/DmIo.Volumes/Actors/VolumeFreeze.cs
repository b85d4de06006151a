using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// A freeze of an open volume, for snapshots of its legs.
/// <code>
///   Draining --nothing in flight--> Flushing --done on A--> Frozen: the callback --done--> Confirming --> thawed
///                                                                                            quorum renewed the lease
/// </code>
/// <list type="bullet">
/// <item>Operations that arrive are held until the thaw, and are submitted then in order of arrival. A thaw follows in
/// any case: also on a fault, the limit, or a cancellation.</item>
/// <item>Nothing is copied between legs, and no extent is cooled.</item>
/// <item>The legs that the callback gets are equal as long as no other writer has taken the volume over. That is known
/// only afterwards: a quorum of voters has answered a request for the lease that was sent after the callback.</item>
/// </list>
/// </summary>
internal sealed class VolumeFreeze(VolumeDevice device, string name, TimeSpan limit) : IDisposable
{
    private readonly Queue<VolumeOperation> held = new();
    private readonly CancellationTokenSource closing = new();
    private readonly TaskCompletionSource<IReadOnlyList<string>> frozen =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Phase phase;
    private ulong confirmation;
    private VolumeWriter? writer;

    private enum Phase
    {
        Draining,
        Flushing,
        Frozen,
        Confirming,
    }

    /// <summary>Freezes the volume, calls the callback once and thaws the volume.</summary>
    /// <exception cref="VolumeException">The volume is frozen already, was closed or taken over, or the limit
    /// passed.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled.</exception>
    internal async Task RunAsync(
        Func<IReadOnlyList<string>, CancellationToken, Task> callback, CancellationToken cancellation)
    {
        if (!await device.AskAsync(TryBegin))
        {
            throw new VolumeException($"The volume '{name}' is frozen already; wait for the thaw.");
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing.Token);
        try
        {
            end.CancelAfter(limit);
            var legs = await frozen.Task.WaitAsync(end.Token);
            var running = Task.Run(() => callback(legs, end.Token), CancellationToken.None);
            _ = running.ContinueWith(static abandoned => abandoned.Exception, TaskScheduler.Default);
            await running.WaitAsync(end.Token);
            await device.AskAsync(BeginConfirm);
            await confirmed.Task.WaitAsync(end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new VolumeException(EndOfFreeze() + " Snapshots of its legs are not valid.");
        }
        finally
        {
            await device.AskAsync(Thaw);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => closing.Dispose();

    /// <summary>Ends the freeze: the volume is being closed.</summary>
    internal void Close() => closing.Cancel();

    /// <summary>Holds an operation until the thaw.</summary>
    internal void Hold(VolumeOperation operation) => held.Enqueue(operation);

    /// <summary>Called on each turn.</summary>
    internal void Advance()
    {
        var current = device.Writer;
        if (current.State.IsFenced || (writer is not null && writer != current))
        {
            var lost = new VolumeException(
                $"Another writer may have taken the volume '{name}' over while it was frozen. Snapshots of its legs are"
                + " not valid.");
            _ = frozen.TrySetException(lost) || confirmed.TrySetException(lost);
        }
        else if (phase == Phase.Draining && current.State.IsActive && device.IsDrained)
        {
            phase = Phase.Flushing;
            _ = FlushAsync();
        }
        else if (phase == Phase.Confirming && current.Lease.IsConfirmed(confirmation))
        {
            confirmed.TrySetResult();
        }
    }

    private string EndOfFreeze() => (closing.IsCancellationRequested, phase) switch
    {
        (true, _) => $"The volume '{name}' was closed while it was frozen.",
        (_, Phase.Confirming) => $"The freeze of the volume '{name}' lasted longer than {limit.TotalSeconds} s: no "
            + "quorum of its voters confirmed after the callback that this writer still has the volume.",
        (_, Phase.Frozen) => $"The freeze of the volume '{name}' lasted longer than {limit.TotalSeconds} s.",
        _ => $"The volume '{name}' cannot be frozen within {limit.TotalSeconds} s: operations in flight do not end, or "
            + "it is suspended.",
    };

    private bool TryBegin(VolumeDevice volume)
    {
        if (volume.Freeze is not null)
        {
            return false;
        }

        volume.Freeze = this;
        return true;
    }

    private async Task FlushAsync()
    {
        var completion = new OperationCompletion();
        var flushed = completion.Task;
        device.SubmitNow(new VolumeOperation(new DeviceOperation { Kind = IoOperation.Flush }, completion)
        {
            ReportsPowerLoss = false,
        });
        var result = await flushed.ConfigureAwait(false);
        device.Post(volume => Flushed(volume, result.Status));
    }

    private void Flushed(VolumeDevice volume, IoStatus status)
    {
        if (!status.IsOk)
        {
            frozen.TrySetException(new VolumeException($"The volume '{name}' cannot be frozen: {status}"));
            return;
        }

        (phase, writer) = (Phase.Frozen, volume.Writer);
        frozen.TrySetResult(volume.NamesOf(volume.Writer.State.Live));
    }

    private bool BeginConfirm(VolumeDevice volume)
    {
        (phase, confirmation) = (Phase.Confirming, volume.Writer.Lease.Next);
        VoterRequests.SendLease(volume, volume.Writer.Lease.Renew(volume.Now));
        return true;
    }

    private bool Thaw(VolumeDevice volume)
    {
        volume.Freeze = null;
        while (held.TryDequeue(out var operation))
        {
            volume.SubmitNow(operation);
        }

        // A fault that came after the caller was answered has been reported in other ways.
        _ = (frozen.Task.Exception, confirmed.Task.Exception);
        return true;
    }
}
