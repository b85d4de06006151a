using DmIo.Actors.Scheduling;
using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio devices</c>.</summary>
internal sealed record DevicesReport(IReadOnlyList<DeviceReport> Devices)
{
    /// <summary>Configured devices that are missing, which is not an error; null: none.</summary>
    public IReadOnlyList<MissingReport>? Missing { get; init; }

    internal void Write(TextWriter writer, bool isTerminal)
    {
        var table = ReportConsole.NewTable(
            isTerminal, "Device", "Backend", "Mode", "Capacity", "Block", "Align", "Access", "State", "Depth", "Policy",
            "Limits", "Abilities");
        foreach (var device in Devices)
        {
            table.AddRow(device.Cells());
        }

        ReportConsole.NewConsole(writer, isTerminal).Write(table);
        foreach (var device in Devices.Where(device => device.TailBytes is not null))
        {
            writer.WriteLine(ReportConsole.TailText(device.Device, device.TailBytes!.Value));
        }

        foreach (var missing in Missing ?? [])
        {
            writer.WriteLine($"{missing.Device} is missing: {missing.Reason}");
        }
    }
}

/// <summary>A configured device that could not be opened, and the reason.</summary>
internal sealed record MissingReport(string Device, string Reason);

/// <summary>One attached device. Sizes are in bytes. A limit of 0 for discard or write zeroes: the device does not
/// support the operation.</summary>
internal sealed record DeviceReport
{
    public required string Device { get; init; }

    public required string Backend { get; init; }

    /// <summary><c>inline</c>, <c>ring</c>, <c>threads</c>, or <c>own</c>: specific to the backend.</summary>
    public required string Mode { get; init; }

    public required long Sectors { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Bytes of the file after the last whole sector (direct I/O: block). They are not part of the
    /// device.</summary>
    public int? TailBytes { get; init; }

    public required int BlockSize { get; init; }

    /// <summary>Memory with this alignment is not copied. 1: no memory is copied.</summary>
    public required int MemoryAlignment { get; init; }

    public required bool ReadOnly { get; init; }

    public required string State { get; init; }

    public required int QueueDepth { get; init; }

    public required int MinQueueDepth { get; init; }

    /// <summary>0: none.</summary>
    public required double LatencyTargetMilliseconds { get; init; }

    public required string Policy { get; init; }

    public required long MaxTransferBytes { get; init; }

    public required int MaxSegments { get; init; }

    public required long MaxDiscardBytes { get; init; }

    public required long MaxWriteZeroesBytes { get; init; }

    public required bool ForceUnitAccess { get; init; }

    public required bool VolatileCache { get; init; }

    internal Text[] Cells() =>
    [
        new(Device),
        new(Backend),
        new(Mode),
        new($"{Quantity.Bytes(Bytes)} ({Sectors} sectors)"),
        new(Quantity.Bytes(BlockSize)),
        new(MemoryAlignment == 1 ? "-" : Quantity.Bytes(MemoryAlignment)),
        new(ReadOnly ? "read-only" : "read-write"),
        new(State),
        new(Depth.ToString()),
        new(Policy),
        new($"{Quantity.Bytes(MaxTransferBytes)}, {MaxSegments} segments"),
        new(Abilities),
    ];

    private QueueDepth Depth => new(
        MinQueueDepth,
        QueueDepth,
        LatencyTargetMilliseconds == 0 ? null : TimeSpan.FromMilliseconds(LatencyTargetMilliseconds));

    private string Abilities
    {
        get
        {
            (bool Has, string Name)[] all =
            [
                (ForceUnitAccess, "FUA"), (VolatileCache, "flush"), (MaxDiscardBytes > 0, "discard"),
                (MaxWriteZeroesBytes > 0, "zeroes"),
            ];
            var names = string.Join(", ", all.Where(ability => ability.Has).Select(ability => ability.Name));
            return names.Length == 0 ? "-" : names;
        }
    }
}
