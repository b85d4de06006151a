using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Simulation;

/// <summary>A pending call of a <see cref="SimulatedDevice"/>. Its memory is read or filled when the call completes, at
/// the latest permitted time.</summary>
internal sealed class SimulatedCall(DeviceOperation operation) : IWriteInFlight
{
    // Continuations run synchronously: on the thread, and at the time, that the device's time provider decides.
    private readonly TaskCompletionSource<TransferResult> completion = new();

    internal IoOperation Operation => operation.Kind;

    public Sector Start => operation.Start;

    internal SectorCount Count => operation.Count;

    internal bool ForceUnitAccess => operation.ForceUnitAccess;

    internal WriteZeroesFlags Zeroing => operation.Zeroing;

    /// <summary>The memory of a read or a write.</summary>
    internal SegmentBatch? Memory => operation.Data;

    /// <summary>The last write that a flush covers.</summary>
    internal long FlushPoint { get; init; }

    internal SimulatedFault? Fault { get; init; }

    internal Task<TransferResult> Task => completion.Task;

    public ExtentKind Kind => Operation.HasData() ? ExtentKind.Data
        : Zeroing.HasFlag(WriteZeroesFlags.NoUnmap) ? ExtentKind.Zero
        : ExtentKind.Hole;

    internal bool Changes => Operation.ChangesSectors();

    internal void SetResult(TransferResult result) => completion.SetResult(result);

    /// <summary>The current data of a write.</summary>
    public byte[] Data()
    {
        var data = new byte[Count.Bytes];
        Memory?.CopyTo(data);
        return data;
    }

    internal bool Conflicts(SimulatedCall other) =>
        (Changes || other.Changes) && Operation.HasRange() && other.Operation.HasRange()
        && Start.Value < other.Start.Value + other.Count.Value && other.Start.Value < Start.Value + Count.Value;

    public override string ToString() => Operation.HasRange() ? $"{Operation} {Start}+{Count}" : Operation.ToString();
}
