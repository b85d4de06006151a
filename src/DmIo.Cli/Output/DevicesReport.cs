namespace DmIo.Cli;

/// <summary>What <c>dmio devices</c> prints.</summary>
internal sealed record DevicesReport(IReadOnlyList<DeviceReport> Devices);

/// <summary>One attached device. Sizes in bytes; 0 discard or zeroes: the device has no such operation.</summary>
internal sealed record DeviceReport
{
    public required string Device { get; init; }

    public required string Backend { get; init; }

    public required long Sectors { get; init; }

    public required long Bytes { get; init; }

    public required int BlockSize { get; init; }

    public required bool ReadOnly { get; init; }

    public required string State { get; init; }

    public required int QueueDepth { get; init; }

    public required long MaxTransferBytes { get; init; }

    public required int MaxSegments { get; init; }

    public required long MaxDiscardBytes { get; init; }

    public required long MaxWriteZeroesBytes { get; init; }

    public required bool ForceUnitAccess { get; init; }

    public required bool VolatileCache { get; init; }
}
