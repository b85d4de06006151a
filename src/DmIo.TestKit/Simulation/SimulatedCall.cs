using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Simulation;

/// <summary>A call that a <see cref="SimulatedDevice"/> has not answered yet. Its memory is read or filled when it is
/// answered, at the last moment that is allowed.</summary>
internal sealed class SimulatedCall(IoOperation operation, Sector start, SectorCount count) : IUnfinishedWrite
{
    // Continues who awaits it at once: on the thread, and at the time, that the device's time decides.
    private readonly TaskCompletionSource<TransferResult> answer = new();

    internal IoOperation Operation => operation;

    public Sector Start => start;

    internal SectorCount Count => count;

    internal bool ForceUnitAccess { get; init; }

    /// <summary>Of a read or a write.</summary>
    internal SegmentBatch? Memory { get; init; }

    /// <summary>Of a flush: what it covers.</summary>
    internal long FlushPoint { get; init; }

    internal SimulatedFault? Fault { get; init; }

    internal Task<TransferResult> Answered => answer.Task;

    public ExtentKind Kind { get; init; } = ExtentKind.Data;

    internal bool Changes => operation is not (IoOperation.Read or IoOperation.Flush);

    internal void Answer(TransferResult result) => answer.SetResult(result);

    /// <summary>What it writes, as it is now.</summary>
    public byte[] Data()
    {
        var data = new byte[count.Bytes];
        Memory?.CopyTo(data);
        return data;
    }

    internal bool MayNotMeet(SimulatedCall other) =>
        (Changes || other.Changes) && operation != IoOperation.Flush && other.Operation != IoOperation.Flush
        && start.Value < other.Start.Value + other.Count.Value && other.Start.Value < start.Value + count.Value;

    public override string ToString() => operation == IoOperation.Flush ? "Flush" : $"{operation} {start}+{count}";
}
