using DmIo.Devices;
using DmIo.Io;

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

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (operation.Kind == IoOperation.Read)
        {
            throw new NotSupportedException();
        }

        var answer = new TaskCompletionSource<TransferResult>();
        inFlight.Add(answer.SetResult);
        return new(answer.Task);
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Completes an operation in flight; <paramref name="index"/> 0 is the oldest.</summary>
    internal void End(int index, TransferResult result)
    {
        var answer = inFlight[index];
        inFlight.RemoveAt(index);
        answer(result);
    }
}
