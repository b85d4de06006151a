using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>A simulated volume, and what happens to it.</summary>
internal sealed record SimulationOptions
{
    public int Seed { get; init; }

    public int Legs { get; init; } = 3;

    public int Witnesses { get; init; }

    /// <summary>The size of the volume.</summary>
    public int Sectors { get; init; } = 2 * SectorsPerExtent;

    /// <summary>The sectors that the legs have room for; the volume may grow up to them.</summary>
    public int MaxSectors { get; init; }

    /// <summary>The legs that hold nothing at the beginning.</summary>
    public MemberSet Blank { get; init; }

    /// <summary>The hosts of writers, which may also be hosts of members. Member i is on host i modulo the number of
    /// hosts, or on a host of its own.</summary>
    public int Hosts { get; init; } = 3;

    /// <summary>Each member has a host of its own, on which no writer runs.</summary>
    public bool IsRemote { get; init; }

    /// <summary>How many writers may run at once.</summary>
    public int Writers { get; init; } = 2;

    /// <summary>The users of each writer, with one operation each at a time.</summary>
    public int Users { get; init; } = 4;

    /// <summary>The longest pause of a user between two operations.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest latency is 2 to the power of this, in milliseconds.</summary>
    public int Latency { get; init; } = 7;

    /// <summary>The same for messages between writers and voters.</summary>
    public int MessageLatency { get; init; } = 7;

    /// <summary>Members are slower than others by up to 2 to the power of this.</summary>
    public int Slowness { get; init; }

    /// <summary>How often the work of a writer in the background is looked at.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How much work in the background is begun then.</summary>
    public int WorkPerTick { get; init; } = 1;

    /// <summary>How often each kind of work is begun, relative to the others, by <see cref="Work"/>.</summary>
    public int[] Works { get; init; } = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0];

    /// <summary>How likely a message is lost.</summary>
    public double Losses { get; init; }

    /// <summary>How likely a message arrives twice.</summary>
    public double Duplicates { get; init; }

    /// <summary>How likely a message is late, by seconds.</summary>
    public double Delays { get; init; }

    /// <summary>The longest pause between two faults.</summary>
    public TimeSpan FaultPause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How likely a fault follows a change of a disk.</summary>
    public double FaultsPerChange { get; init; }

    /// <summary>How often each fault happens, relative to the others, by <see cref="Fault"/>.</summary>
    public int[] Faults { get; init; } = new int[Enum.GetValues<Fault>().Length];

    /// <summary>More copies of a superblock rot than a member can lose.</summary>
    public bool IsBeyondAtlas { get; init; }

    /// <summary>What writers do while they cannot serve.</summary>
    public WriterPolicy Policy { get; init; } = new();

    /// <summary>After a failed flush, a device fails the writes of the superblock as well, so that its voter ends.
    /// Otherwise it is opened again at once.</summary>
    public bool StopsDevices { get; init; }

    public WriterRules WriterRules { get; init; } = new();

    public VoterRules VoterRules { get; init; } = new();

    /// <summary>A member says that it is drained while I/O may still take effect.</summary>
    public bool LiesAboutDrain { get; init; }

    /// <summary>A voter whose process restarts takes its leg for drained (against VR9).</summary>
    public bool TrustsRestart { get; init; }

    /// <summary>All writers use the same Guid for their epochs (against VR5).</summary>
    public bool SharesGuid { get; init; }

    /// <summary>Operations that overlap are submitted together, against the contract of the device.</summary>
    public bool ReadsPassWrites { get; init; }

    /// <summary>A process that takes the volume over again repeats its writes, although another writer
    /// served.</summary>
    public bool RepeatsReplacedWrites { get; init; }

    /// <summary>A writer that was replaced in its process still learns the results of what it sent.</summary>
    public bool TellsReplacedWriters { get; init; }

    /// <summary>A failed flush is forgotten if the process of the voter ends before it is durable.</summary>
    public bool ForgetsFailures { get; init; }

    /// <summary>A leg that returns is compared first, and only what differs is written to it.</summary>
    public bool ComparesResync { get; init; }

    /// <summary>The maps of a blank leg are not read.</summary>
    public bool SkipsBlankMaps { get; init; }

    internal const int SectorsPerRegion = 128;

    internal const int SectorsPerExtent = 64 * SectorsPerRegion;

    internal int RoomSectors => Math.Max(Sectors, MaxSectors);

    internal QuorumRule Rule => Legs == 2 && Witnesses == 0 ? QuorumRule.InSync : QuorumRule.Majority;

    /// <summary>Draws everything from a seed.</summary>
    internal static SimulationOptions Draw(int seed)
    {
        var random = new Random(seed);
        var legs = new[] { 1, 2, 2, 2, 3, 3, 3, 4 }[random.Next(8)];
        var witnesses = legs == 1 ? 0 : new[] { 0, 0, 1, 1, 2 }[random.Next(5)];
        var hasLosses = random.Next(3) == 0;
        var sectors = new[]
        {
            random.Next(1, SectorsPerRegion),
            random.Next(1, 6) * SectorsPerRegion,
            SectorsPerExtent + random.Next(1, 4 * SectorsPerRegion),
            random.Next(SectorsPerRegion, 3 * SectorsPerExtent),
        }[random.Next(4)];
        var options = new SimulationOptions
        {
            Seed = seed,
            Legs = legs,
            Witnesses = witnesses,
            Sectors = sectors,
            MaxSectors = random.Next(2) == 0 ? 0 : sectors + random.Next(1, 2 * SectorsPerExtent),
            Blank = legs > 1 && random.Next(5) == 0
                ? MemberSet.FirstMembers(legs).Without(0) & new MemberSet((ushort)random.Next(1 << legs))
                : MemberSet.None,
            Hosts = random.Next(2, 4),
            IsRemote = random.Next(2) == 0,
            Writers = random.Next(2, 4),
            Users = random.Next(1, 6),
            Pause = TimeSpan.FromMilliseconds(random.Next(5, 500)),
            Latency = random.Next(2, 10),
            MessageLatency = random.Next(2, 11),
            Slowness = random.Next(2) * random.Next(6),
            TickInterval = TimeSpan.FromMilliseconds(random.Next(20, 200)),
            WorkPerTick = random.Next(1, 5),
            Works = [.. Enumerable.Range(0, 7).Select(_ => random.Next(4) == 0 ? 1 : random.Next(1, 10))],
            Losses = hasLosses ? random.NextDouble() * 0.2 : 0,
            Duplicates = random.Next(3) == 0 ? random.NextDouble() * 0.2 : 0,
            Delays = random.Next(3) == 0 ? random.NextDouble() * 0.1 : 0,
            FaultPause = TimeSpan.FromMilliseconds(random.Next(500, 20_000)),
            FaultsPerChange = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.03,
            Faults = DrawFaults(random),
            Policy = new WriterPolicy { ServesAfterPowerLoss = random.Next(4) == 0 },
            StopsDevices = random.Next(2) == 0,
        };
        return options.DrawPolicy(random);
    }

    private SimulationOptions DrawPolicy(Random random)
    {
        var minInSync = random.Next(4) == 0 ? random.Next(1, Legs + 1) : 1;
        var (changes, verifies) = (random.Next(3) == 0 ? random.Next(1, 10) : 0, random.Next(3) == 0 ? 1 : 0);
        var freezes = random.Next(3) == 0 ? random.Next(1, 4) : 0;
        Faults[(int)Fault.RotData] = random.Next(3) == 0 ? random.Next(1, 4) : 0;
        var options = this with
        {
            Works = [.. Works, changes, verifies, freezes],
            Policy = Policy with
            {
                HoldsFor = random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(20)) : null,
                MinInSync = minInSync,
                ConfirmsReads = random.Next(3) == 0,
            },
        };

        // A lease needs clocks.
        Faults[(int)Fault.StopClock] = options.Policy.ConfirmsReads ? random.Next(10) : 0;
        return options with { ComparesResync = random.Next(3) == 0 };
    }

    /// <summary>Some faults do not happen at all, others often.</summary>
    private static int[] DrawFaults(Random random)
    {
        var weights = new int[Enum.GetValues<Fault>().Length];
        for (var i = 0; i < (int)Fault.StopClock; i++)
        {
            weights[i] = random.Next(3) == 0 ? 0 : random.Next(1, 10);
        }

        weights[(int)Fault.StartWriter] = random.Next(3, 10);
        return weights;
    }
}

/// <summary>Work of a writer in the background.</summary>
internal enum Work
{
    Resolve,
    Resync,
    Return,
    Cool,
    Clean,
    PreferLegs,
    Grow,
    ChangeVoters,
    Verify,
    Freeze,
}

/// <summary>What happens to a simulated volume.</summary>
internal enum Fault
{
    StartWriter,
    CrashWriter,
    StopWriter,
    StopVoter,
    CrashHost,
    LosePower,
    LoseAllPower,
    CutHost,
    Split,
    ResetConnection,
    Hang,
    FailWrites,
    FailFlushes,
    FailReads,
    RotSuperblock,
    RotMap,
    LoseLeg,
    OpenSession,
    StopClock,
    RotData,
}
