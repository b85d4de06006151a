namespace DmIo.Cli;

/// <summary>What <c>dmio devices</c> prints.</summary>
internal sealed record DevicesReport(
    IReadOnlyList<DeviceReport> Devices, IReadOnlyList<MissingDeviceReport> Missing);

/// <summary>A configured device that could not be opened, and why.</summary>
internal sealed record MissingDeviceReport(string Device, string Reason);

/// <summary>One attached device. Sizes in bytes; 0 discard or zeroes: the device has no such operation.</summary>
internal sealed record DeviceReport
{
    public required string Device { get; init; }

    public required string Backend { get; init; }

    /// <summary><c>inline</c>, <c>ring</c>, <c>threads</c>, or <c>own</c>: in the backend's own way.</summary>
    public required string Mode { get; init; }

    public required long Sectors { get; init; }

    public required long Bytes { get; init; }

    public required int BlockSize { get; init; }

    /// <summary>Where memory must begin that is not copied; 1: anywhere.</summary>
    public required int MemoryAlignment { get; init; }

    public required bool ReadOnly { get; init; }

    public required string State { get; init; }

    public required int QueueDepth { get; init; }

    public required int LeastQueueDepth { get; init; }

    /// <summary>0: none.</summary>
    public required double LatencyTargetMilliseconds { get; init; }

    public required string Policy { get; init; }

    public required long MaxTransferBytes { get; init; }

    public required int MaxSegments { get; init; }

    public required long MaxDiscardBytes { get; init; }

    public required long MaxWriteZeroesBytes { get; init; }

    public required bool ForceUnitAccess { get; init; }

    public required bool VolatileCache { get; init; }
}
