using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>A device whose operations the test completes. Keeps no data.</summary>
internal sealed class ManualDevice(SectorCount capacity) : IBlockDevice
{
    private readonly List<Action<TransferResult>> inFlight = [];

    public DeviceDescription Description { get; } = new()
    {
        Backend = "manual",
        Capacity = ByteSize.FromSectors(capacity),
        MaxDiscard = ByteSize.FromSectors(capacity),
        MaxWriteZeroes = ByteSize.FromSectors(capacity),
        HasForceUnitAccess = true,
    };

    public ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination) =>
        throw new NotSupportedException();

    public ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        var answer = new TaskCompletionSource<TransferResult>();
        inFlight.Add(answer.SetResult);
        return new(answer.Task);
    }

    public ValueTask<IoStatus> FlushAsync() => Answer();

    public ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) => Answer();

    public ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) => Answer();

    public ValueTask DisposeAsync() => default;

    /// <summary>Completes an operation in flight; <paramref name="index"/> 0 is the oldest.</summary>
    internal void End(int index, TransferResult result)
    {
        var answer = inFlight[index];
        inFlight.RemoveAt(index);
        answer(result);
    }

    private ValueTask<IoStatus> Answer()
    {
        var answer = new TaskCompletionSource<IoStatus>();
        inFlight.Add(result => answer.SetResult(result.Status));
        return new(answer.Task);
    }
}
