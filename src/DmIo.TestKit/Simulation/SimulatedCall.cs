using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Simulation;

/// <summary>A pending call of a <see cref="SimulatedDevice"/>. Its memory is read or filled when the call completes, at
/// the latest permitted time.</summary>
internal sealed class SimulatedCall(IoOperation operation, Sector start, SectorCount count) : IUnfinishedWrite
{
    // Continuations run synchronously: on the thread, and at the time, that the device's time provider decides.
    private readonly TaskCompletionSource<TransferResult> answer = new();

    internal IoOperation Operation => operation;

    public Sector Start => start;

    internal SectorCount Count => count;

    internal bool ForceUnitAccess { get; init; }

    /// <summary>The memory of a read or a write.</summary>
    internal SegmentBatch? Memory { get; init; }

    /// <summary>The last write that a flush covers.</summary>
    internal long FlushPoint { get; init; }

    internal SimulatedFault? Fault { get; init; }

    internal Task<TransferResult> Answered => answer.Task;

    public ExtentKind Kind { get; init; } = ExtentKind.Data;

    internal bool Changes => operation.ChangesSectors();

    internal void Answer(TransferResult result) => answer.SetResult(result);

    /// <summary>The current data of a write.</summary>
    public byte[] Data()
    {
        var data = new byte[count.Bytes];
        Memory?.CopyTo(data);
        return data;
    }

    internal bool MayNotMeet(SimulatedCall other) =>
        (Changes || other.Changes) && operation.HasRange() && other.Operation.HasRange()
        && start.Value < other.Start.Value + other.Count.Value && other.Start.Value < start.Value + count.Value;

    public override string ToString() => operation == IoOperation.Flush ? "Flush" : $"{operation} {start}+{count}";
}
