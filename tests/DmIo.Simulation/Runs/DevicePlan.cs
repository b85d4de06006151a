using DmIo.Actors;
using DmIo.Devices;
using DmIo.Devices.Decorators;
using DmIo.Io;
using DmIo.TestKit;

namespace DmIo.Simulation;

/// <summary>What one device is like.</summary>
internal sealed class DevicePlan
{
    private const int SmallBlockSectors = 1;
    private const int LargeBlockSectors = 8;

    private readonly ServiceMode mode;
    private readonly bool hasForceUnitAccess;
    private readonly int maxTransferBlocks;
    private readonly int maxSegments;
    private readonly int maxDiscard;
    private readonly int maxWriteZeroes;

    internal DevicePlan(Random random, int index)
    {
        Name = $"disk {index}";
        BlockSectors = random.Next(4) == 0 ? LargeBlockSectors : SmallBlockSectors;
        Sectors = random.Next(4, 97) * BlockSectors;
        Depth = random.Next(3) == 0 ? QueueDepth.Adaptive(1, random.Next(2, 9)) : random.Next(1, 9);
        Policy = (SchedulingPolicy)random.Next(3);
        IsReadOnly = random.Next(12) == 0;
        Gathers = random.Next(3) == 0;
        mode = (ServiceMode)random.Next(4);
        MostLatency = TimeSpan.FromMicroseconds(random.Next(1, 20_000));
        LeastLatency = random.Next(2) == 0 ? TimeSpan.Zero : MostLatency / 2;
        hasForceUnitAccess = random.Next(2) == 0;
        maxTransferBlocks = random.Next(3) == 0 ? random.Next(1, 9) : 1000;
        maxSegments = random.Next(3) == 0 ? random.Next(1, 5) : 1000;
        maxDiscard = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 9) * BlockSectors, _ => Sectors };
        maxWriteZeroes = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 9) * BlockSectors, _ => Sectors };
    }

    internal string Name { get; }

    internal int Sectors { get; }

    internal int BlockSectors { get; }

    internal QueueDepth Depth { get; }

    internal SchedulingPolicy Policy { get; }

    internal bool IsReadOnly { get; }

    internal bool Gathers { get; }

    internal TimeSpan LeastLatency { get; }

    internal TimeSpan MostLatency { get; }

    internal bool HasDiscard => maxDiscard > 0;

    internal bool HasWriteZeroes => maxWriteZeroes > 0;

    internal DeviceDescription Describe(DeviceDescription plain) => plain with
    {
        Mode = mode,
        IsReadOnly = IsReadOnly,
        BlockSizeBytes = BlockSectors * Sector.SizeBytes,
        MaxTransferBytes = maxTransferBlocks * BlockSectors * Sector.SizeBytes,
        MaxSegments = maxSegments,
        MaxDiscard = maxDiscard,
        MaxWriteZeroes = maxWriteZeroes,
        HasForceUnitAccess = hasForceUnitAccess,
    };

    /// <summary>Faults of one life of the device.</summary>
    internal static IReadOnlyList<SimulatedFault> DrawFaults(Random random, RunPlan plan)
    {
        var faults = new List<SimulatedFault>();
        foreach (var kind in Enum.GetValues<SimulatedFaultKind>())
        {
            var isLie = kind is SimulatedFaultKind.Corrupt or SimulatedFaultKind.Misdirected;
            if (plan.FaultChance == 0 || random.Next(2) == 0 || (isLie && !plan.LiesHappen))
            {
                continue;
            }

            var from = TimeSpan.FromMilliseconds(random.Next(500));
            faults.Add(new SimulatedFault(kind)
            {
                Filter = random.Next(3) == 0 ? OperationFilter.On((IoOperation)random.Next(5)) : OperationFilter.Any,
                Probability = kind == SimulatedFaultKind.Gone ? 1 : plan.FaultChance,
                From = kind == SimulatedFaultKind.Gone || random.Next(2) == 0 ? from : TimeSpan.Zero,
                Until = kind == SimulatedFaultKind.Gone || random.Next(2) == 0
                    ? from + TimeSpan.FromMilliseconds(random.Next(100))
                    : null,
            });
        }

        return faults;
    }
}
