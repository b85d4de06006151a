using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>The properties of one device.</summary>
internal sealed class DevicePlan
{
    private const int SmallBlockSectors = 1;
    private const int LargeBlockSectors = 8;

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
        CompletesInPoll = random.Next(3) == 0;
        Mode = (ServiceMode)random.Next(4);
        MaxLatency = TimeSpan.FromMicroseconds(random.Next(1, 20_000));
        MinLatency = random.Next(2) == 0 ? TimeSpan.Zero : MaxLatency / 2;
        hasForceUnitAccess = random.Next(2) == 0;
        maxTransferBlocks = random.Next(3) == 0 ? random.Next(1, 9) : 1000;
        maxSegments = random.Next(3) == 0 ? random.Next(1, 5) : 1000;
        maxDiscard = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 9) * BlockSectors, _ => Sectors };
        maxWriteZeroes = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 9) * BlockSectors, _ => Sectors };
        HasFastWriteZeroes = random.Next(2) == 0;
        HasVolatileCache = random.Next(4) != 0;
        BouncePages = random.Next(4) == 0 ? random.Next(1, 5) : 0;
        Decorator = (DecoratorKind)random.Next((int)DecoratorKind.Nothing, (int)DecoratorKind.Short + 1);
    }

    internal string Name { get; }

    internal int Sectors { get; }

    internal int BlockSectors { get; }

    internal ServiceMode Mode { get; }

    internal QueueDepth Depth { get; }

    internal SchedulingPolicy Policy { get; }

    internal bool IsReadOnly { get; }

    internal bool CompletesInPoll { get; }

    internal TimeSpan MinLatency { get; }

    internal TimeSpan MaxLatency { get; }

    internal bool HasVolatileCache { get; }

    internal bool HasFastWriteZeroes { get; }

    /// <summary>Pages of the pool that the device requests as bounce pages; the pool may have fewer.</summary>
    internal int BouncePages { get; }

    /// <summary>The decorator between the service and the device.</summary>
    internal DecoratorKind Decorator { get; }

    internal bool HasDiscard => maxDiscard > 0;

    internal bool HasWriteZeroes => maxWriteZeroes > 0;

    internal DeviceDescription Describe(DeviceDescription plain) => plain with
    {
        Mode = Mode,
        IsReadOnly = IsReadOnly,
        BlockSize = ByteSize.FromBytes(BlockSectors * Sector.SizeBytes),
        MaxTransfer = ByteSize.FromBytes(maxTransferBlocks * BlockSectors * Sector.SizeBytes),
        MaxSegments = maxSegments,
        MaxDiscard = ByteSize.FromSectors(maxDiscard),
        MaxWriteZeroes = ByteSize.FromSectors(maxWriteZeroes),
        HasForceUnitAccess = hasForceUnitAccess,
        HasFastWriteZeroes = HasFastWriteZeroes,
        HasVolatileCache = HasVolatileCache,
        BouncePages = BouncePages,
        MemoryAlignment = ByteSize.FromBytes(BouncePages > 0 ? Sector.SizeBytes : 1),
    };

    internal IBlockDevice Decorate(IBlockDevice device, Random random, TimeProvider time) => Decorator switch
    {
        DecoratorKind.Limited => new LimitedDevice(device, description => description with
        {
            MaxSegments = Math.Min(description.MaxSegments, random.Next(1, 9)),
            HasForceUnitAccess = true,
        }),
        DecoratorKind.Delayed => new DelayedDevice(
            device, new DeviceDelays { Read = MaxLatency * random.NextDouble(), Flush = MinLatency }, time),
        DecoratorKind.Short => new ShortTransferDevice(device, random.Next(), cutsMidBlock: false),
        _ => device,
    };

    /// <summary>Draws the faults for one attachment of the device.</summary>
    internal IReadOnlyList<SimulatedFault> DrawFaults(Random random, RunPlan plan)
    {
        var faults = new List<SimulatedFault>();
        if (plan.HungDevice == Name)
        {
            faults.Add(new SimulatedFault(SimulatedFaultKind.Hung) { Probability = 0.3 });
        }

        foreach (var kind in Enum.GetValues<SimulatedFaultKind>())
        {
            var isSilent = kind is SimulatedFaultKind.Corrupt or SimulatedFaultKind.Misdirected;
            if (plan.FaultChance == 0 || random.Next(2) == 0 || (isSilent && !plan.HasSilentFaults))
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

/// <summary>Decorators between the service and a device.</summary>
internal enum DecoratorKind
{
    Nothing,
    Limited,
    Delayed,
    Short,
}
