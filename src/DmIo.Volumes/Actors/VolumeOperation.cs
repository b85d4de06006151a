using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>An operation on a volume, with its memory and its task.</summary>
internal sealed class VolumeOperation : ClientOperation, IVolumeInput
{
    private OperationOutcome? outcome;
    private bool isHeld;

    /// <param name="device">The operation.</param>
    /// <param name="kind">What the legs do: a discard is executed as write zeroes.</param>
    internal VolumeOperation(in DeviceOperation device, IoOperation kind)
        : base(kind, Touching(device), Within(device), session: 0)
    {
        Device = device;
        Memory = device.Data is { } data ? new BatchMemory(data) : null;
    }

    internal DeviceOperation Device { get; }

    internal IoMemory? Memory { get; }

    internal OperationCompletion Completion { get; } = new();

    /// <summary>The status of the last leg that failed it.</summary>
    internal IoStatus LastFailure { get; set; }

    /// <inheritdoc/>
    public void Take(VolumeDevice device) => device.Writer.Submit(this, device.Now);

    /// <summary>The operation was sent to legs, which may access its memory until <see cref="Release"/>.</summary>
    internal void Hold() => isHeld = true;

    /// <summary>No leg accesses the memory any more.</summary>
    internal void Release()
    {
        isHeld = false;
        Complete();
    }

    internal void Answer(OperationOutcome answered)
    {
        outcome = answered;
        Complete();
    }

    private static RegionRange Touching(in DeviceOperation operation) => operation.Kind.HasRange()
        ? RegionRange.Touching((ulong)operation.OffsetBytes, (ulong)operation.LengthBytes, RegionRange.RegionShift)
        : default;

    private static RegionRange Within(in DeviceOperation operation) => operation.Kind.HasRange()
        ? RegionRange.Within((ulong)operation.OffsetBytes, (ulong)operation.LengthBytes, RegionRange.RegionShift)
        : default;

    /// <summary>The task ends when the writer has answered and no leg holds the memory.</summary>
    private void Complete()
    {
        if (outcome is not { } ended || isHeld)
        {
            return;
        }

        Completion.Complete(ended switch
        {
            OperationOutcome.Ok => TransferResult.Moved(Device.Kind.HasData() ? Device.LengthBytes : 0),
            OperationOutcome.DeviceError => TransferResult.Failed(LastFailure.IsOk
                ? IoStatus.DeviceError($"{Device} failed: no leg of the volume can be used.")
                : LastFailure),
            OperationOutcome.Fenced => Failed("another writer has taken the volume over; nothing was sent"),
            OperationOutcome.InDoubt => Failed("another writer has taken the volume over; it may have taken effect"),
            OperationOutcome.PowerLost => TransferResult.Failed(IoStatus.DeviceError(
                "All legs of the volume lost power: writes that were not flushed may be lost.", Errno.InputOutput)),
            _ => throw new InvalidOperationException($"{ended} is unknown."),
        });
    }

    private TransferResult Failed(string why) =>
        TransferResult.Failed(IoStatus.Failed(IoStatusCode.DeviceGone, $"{Device} failed: {why}."));
}

/// <summary>The task of an operation.</summary>
internal sealed class OperationCompletion : TransferCompletionSource
{
    internal void Complete(in TransferResult result) => SetResult(result, exception: null, isInline: true);

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
