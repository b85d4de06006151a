using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A call to a <see cref="ManualDevice"/>, which the test completes.</summary>
internal sealed class ManualCall(
    ManualDevice device, IoOperation operation, Sector start, SectorCount count, bool forceUnitAccess = false)
{
    private readonly TaskCompletionSource<IoStatus> completion = new();

    public IoOperation Operation { get; } = operation;

    public Sector Start { get; } = start;

    public SectorCount Count { get; } = count;

    public bool ForceUnitAccess { get; } = forceUnitAccess;

    internal Task<IoStatus> Task => completion.Task;

    public void Complete() => CompleteWith(IoStatus.Ok);

    public void Fail() => CompleteWith(IoStatus.DeviceError("The test failed it.", errno: 5));

    public void CompleteWith(IoStatus status)
    {
        device.Left(this);
        completion.SetResult(status);
    }

    public override string ToString() => $"{Operation} {Start}+{Count}";

    internal bool Overlaps(ManualCall other) =>
        Operation != IoOperation.Flush && other.Operation != IoOperation.Flush
        && (Operation != IoOperation.Read || other.Operation != IoOperation.Read)
        && Start.Value < other.Start.Value + other.Count.Value
        && other.Start.Value < Start.Value + Count.Value;
}
