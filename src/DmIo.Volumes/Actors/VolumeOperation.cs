using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>An operation on a volume, with its memory and its task.</summary>
internal sealed class VolumeOperation : ClientOperation, IVolumeInput, IMemoryHolder
{
    private IoStatus?[]? failures;

    /// <param name="device">The operation.</param>
    /// <param name="completion">Its task.</param>
    internal VolumeOperation(in DeviceOperation device, OperationCompletion completion)
        : base(KindOf(device), Touching(device), Within(device), session: 0)
    {
        (Device, Completion) = (device, completion);
        Memory = device.Data is { } data ? new BatchMemory(data) : null;
    }

    internal DeviceOperation Device { get; }

    internal IoMemory? Memory { get; }

    internal OperationCompletion Completion { get; }

    /// <summary>Where it is among the operations without an answer.</summary>
    internal LinkedListNode<VolumeOperation>? Node { get; set; }

    /// <summary>The status of a read whose memory a leg holds that was given up.</summary>
    internal static IoStatus MemoryInUse { get; } = IoStatus.Failed(
        IoStatusCode.TimedOut,
        "A leg of the volume does not answer, and may still write to the memory. Read again, into other memory.");

    /// <summary>The status of the last leg that failed it.</summary>
    internal IoStatus LastFailure { get; set; }

    /// <summary>Some leg has failed it.</summary>
    internal bool HasFailures => failures is not null;

    /// <summary>How a leg has failed it; null: it has not.</summary>
    internal IoStatus? FailureOn(int member) => failures?[member];

    /// <summary>Notes how a leg has failed it.</summary>
    internal void Failed(int member, IoStatus status)
    {
        failures ??= new IoStatus?[VolumeConfiguration.MaxLegs];
        failures[member] = status;
    }

    /// <inheritdoc/>
    public void Take(VolumeDevice device) => device.Submit(this);

    /// <inheritdoc/>
    public void Hold() => Completion.Hold();

    /// <inheritdoc/>
    public void Release(bool isRetained) => Completion.Release(isRetained);

    /// <inheritdoc/>
    public void ReleaseRetained() => Completion.ReleaseRetained();

    /// <summary>The result of an outcome.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="reason">Why the volume is suspended; null: it is not.</param>
    internal TransferResult ResultOf(OperationOutcome outcome, SuspendReason? reason) => outcome switch
    {
        OperationOutcome.Ok => TransferResult.Moved(Device.Kind.HasData() ? Device.LengthBytes : 0),
        OperationOutcome.DeviceError => TransferResult.Failed(LastFailure.IsOk
            ? IoStatus.DeviceError($"{Device} failed: no leg of the volume can be used.")
            : LastFailure),
        OperationOutcome.Fenced => Failed(
            IoStatusCode.Fenced, "another writer has taken the volume over; nothing was sent"),
        OperationOutcome.Suspended => Failed(
            IoStatusCode.Suspended, $"the volume is suspended ({reason}); nothing was sent"),
        OperationOutcome.InDoubt when reason is { } cause => Failed(
            IoStatusCode.InDoubt, $"the volume is suspended ({cause}); it may take effect"),
        OperationOutcome.InDoubt => Failed(
            IoStatusCode.InDoubt, "another writer has taken the volume over; it may have taken effect"),
        OperationOutcome.PowerLost => TransferResult.Failed(new IoStatus(IoStatusCode.PowerLost, new IoFailure(
            "All legs of the volume lost power: writes that were not flushed may be lost.", Errno.InputOutput))),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    /// <summary>A discard is executed as write zeroes, so that the legs stay equal.</summary>
    private static IoOperation KindOf(in DeviceOperation operation) =>
        operation.Kind == IoOperation.Discard ? IoOperation.WriteZeroes : operation.Kind;

    private static RegionRange Touching(in DeviceOperation operation) => operation.Kind.HasRange()
        ? RegionRange.Touching((ulong)operation.OffsetBytes, (ulong)operation.LengthBytes, RegionRange.RegionShift)
        : default;

    private static RegionRange Within(in DeviceOperation operation) => operation.Kind.HasRange()
        ? RegionRange.Within((ulong)operation.OffsetBytes, (ulong)operation.LengthBytes, RegionRange.RegionShift)
        : default;

    private TransferResult Failed(IoStatusCode code, string why) =>
        TransferResult.Failed(IoStatus.Failed(code, $"{Device} failed: {why}."));
}

/// <summary>The task of an operation: it ends when the writer has answered, and no leg accesses the memory but those
/// that were given up.</summary>
internal sealed class OperationCompletion : TransferCompletionSource
{
    private TransferResult? result;
    private TaskCompletionSource? released;
    private int holds;
    private int retained;

    /// <summary>Legs may access the memory.</summary>
    internal bool IsInUse => holds + retained > 0;

    /// <summary>Legs that were given up may access the memory.</summary>
    internal bool IsRetained => retained > 0;

    /// <summary>A read that is to be repeated when its first attempt has ended.</summary>
    internal VolumeOperation? Repeated { get; set; }

    /// <summary>The operation was sent to legs, which may access its memory until <see cref="Release"/>.</summary>
    internal void Hold() => holds++;

    /// <summary>The legs of one <see cref="Hold"/> do not access the memory any more, but for those that were given up
    /// and access it until <see cref="ReleaseRetained"/>.</summary>
    internal void Release(bool isRetained)
    {
        holds--;
        retained += isRetained ? 1 : 0;
        TryComplete();
    }

    /// <summary>The legs that were given up do not access the memory any more.</summary>
    internal void ReleaseRetained()
    {
        retained--;
        if (retained == 0)
        {
            released?.SetResult();
        }
    }

    /// <summary>Returns the read that is to be repeated, once, if that is possible now; otherwise null.</summary>
    internal VolumeOperation? TakeRepeated()
    {
        var read = holds == 0 && result is null ? Repeated : null;
        Repeated = read is null ? Repeated : null;
        return read;
    }

    /// <summary>The writer has answered, once.</summary>
    internal void Answer(in TransferResult answered)
    {
        result = answered;
        TryComplete();
    }

    private void TryComplete()
    {
        if (holds == 0 && result is { } ended)
        {
            released = retained > 0
                ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
                : null;
            SetResult(ended with { Held = released?.Task }, exception: null, isInline: true);
        }
    }

    protected override void OnResultTaken()
    {
    }
}

/// <summary>The segments of an operation as the memory of a request. Copies nothing.</summary>
internal sealed class BatchMemory(SegmentBatch batch) : IoMemory
{
    /// <inheritdoc/>
    public override long LengthBytes => batch.LengthBytes;

    /// <inheritdoc/>
    public override int SegmentCount => batch.Count;

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index) => batch.Segments[index];
}
