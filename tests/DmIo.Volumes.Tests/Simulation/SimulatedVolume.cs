using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// A volume in simulated time: the cores of writers and voters and the codecs of the product over simulated disks and a
/// simulated network. What happens is a function of the options and of the calls; all random choices come from the
/// seed.
/// </summary>
internal sealed class SimulatedVolume
{
    private readonly bool[,] isCut;
    private readonly (TimeSpan Offset, double Rate)[] clocks;
    private readonly TimeSpan?[] stoppedClocks;
    private int started;
    private int contents;
    private int added;

    internal SimulatedVolume(SimulationOptions options, bool isTracing = false)
    {
        Options = options;
        Random = new Random(options.Seed);
        Log = isTracing ? new Trace(Events) : null;
        var hosts = options.Hosts + VolumeConfiguration.MaxVoters;
        isCut = new bool[hosts, hosts];
        clocks = new (TimeSpan, double)[hosts];
        stoppedClocks = new TimeSpan?[hosts];
        for (var i = 0; i < hosts; i++)
        {
            clocks[i] = (TimeSpan.FromSeconds(Random.Next(1000)), 0.97 + (Random.NextDouble() * 0.06));
        }

        History = new VolumeHistory(this, options.Sectors);
        Checks = new VolumeChecks(this);
        Rot = new Rot(this);
        var record = FirstRecord();
        var geometry = LegGeometry.For(MetadataPlacement.Internal, SizeOf(options.RoomSectors));
        foreach (var slot in record.Configuration.Slots)
        {
            Add(SuperblockOf(slot, record, geometry), holdsData: true);
        }
    }

    internal SimulationOptions Options { get; }

    internal Random Random { get; }

    internal EventQueue Events { get; } = new();

    /// <summary>The legs and witnesses, also those that are to become members, or were removed.</summary>
    internal List<SimulatedMember> Members { get; } = [];

    /// <summary>The writers that run.</summary>
    internal List<SimulatedWriter> Writers { get; } = [];

    internal VolumeHistory History { get; }

    internal VolumeChecks Checks { get; }

    internal Rot Rot { get; }

    /// <summary>What happened; null: it is not recorded.</summary>
    internal Trace? Log { get; }

    /// <summary>No more faults, and no new operations.</summary>
    internal bool IsHealing { get; set; }

    /// <summary>Who causes faults; null: only the test.</summary>
    internal Adversary? Adversary { get; set; }

    /// <summary>What went wrong first.</summary>
    internal string? Violation { get; private set; }

    /// <summary>The newest record that any member holds.</summary>
    internal VolumeRecord Newest
    {
        get
        {
            var newest = Members[0].Superblock.Accepted!;
            foreach (var member in Members)
            {
                var record = member.Superblock.Accepted!;
                newest = record.Version > newest.Version ? record : newest;
            }

            return newest;
        }
    }

    internal IEnumerable<SimulatedMember> Legs => Members.Where(member => !member.IsWitness);

    /// <summary>The member with a number in the newest record; otherwise one that no record has yet, or any
    /// more.</summary>
    internal SimulatedMember Member(int number)
    {
        var newest = Newest;
        return Members.Find(member => member.Number == number && member.IsMemberOf(newest))
            ?? Members.FindLast(member => member.Number == number)!;
    }

    /// <summary>A member starts on a device of its own.</summary>
    internal SimulatedMember Add(Superblock superblock, bool holdsData)
    {
        var host = Options.IsRemote ? Options.Hosts + (added % VolumeConfiguration.MaxVoters) : added % Options.Hosts;
        added++;
        var member = new SimulatedMember(this, host, superblock, holdsData);
        Members.Add(member);
        return member;
    }

    /// <summary>A device with old data is to become a member.</summary>
    internal SimulatedMember AddBlank(VolumeRecord record, byte number, bool isWitness)
    {
        var slot = new VoterSlot(NextGuid(), number, isWitness, IsOld: false, IsNew: true);
        var geometry = LegGeometry.For(MetadataPlacement.Internal, SizeOf(Options.RoomSectors));
        return Add(SuperblockOf(slot, record, geometry), holdsData: false);
    }

    /// <summary>What a process that reads superblocks knows: an older record is possible if its voters are the
    /// same.</summary>
    internal VolumeRecord KnownAs(VolumeRecord record) =>
        Newest is var newest && record.Configuration.Equals(newest.Configuration) ? record : newest;

    internal TimeSpan ClockOf(int host) =>
        stoppedClocks[host] ?? clocks[host].Offset + (Events.Now * clocks[host].Rate);

    /// <summary>The clock of a host stops, as that of a suspended virtual machine.</summary>
    internal void StopClock(int host) => stoppedClocks[host] = ClockOf(host);

    /// <summary>The clock of a host continues where it stopped.</summary>
    internal void StartClock(int host)
    {
        if (stoppedClocks[host] is { } stopped)
        {
            stoppedClocks[host] = null;
            clocks[host].Offset -= ClockOf(host) - stopped;
        }
    }

    /// <summary>The content of the next write, for each of its sectors.</summary>
    internal byte[] NextContent()
    {
        var content = new byte[Sector.SizeBytes];
        BitConverter.TryWriteBytes(content, ++contents);
        return content;
    }

    internal Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>How long I/O of a device takes.</summary>
    /// <param name="slowness">How many times it is slower than others.</param>
    internal TimeSpan DrawLatency(double slowness = 1) => Draw(Options.Latency) * slowness;

    /// <summary>How long I/O or its result is on its way between a writer and a leg.</summary>
    internal TimeSpan DrawDelay(int host, int legHost) =>
        legHost == host ? TimeSpan.FromMilliseconds(0.01) : DrawLatency();

    /// <summary>Sends a message between a writer and a member: it may be lost, late, or arrive twice.</summary>
    internal void Send(int from, int to, Action arrives)
    {
        if (from != to && (isCut[from, to] || Random.NextDouble() < Options.Losses))
        {
            return;
        }

        var copies = from != to && Random.NextDouble() < Options.Duplicates ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var delay = Draw(Options.MessageLatency);
            delay += Random.NextDouble() < Options.Delays ? TimeSpan.FromSeconds(Random.NextDouble() * 12) : default;
            Events.After(from == to ? TimeSpan.FromMilliseconds(0.01) : delay, arrives);
        }
    }

    /// <summary>Cuts or restores the network between two hosts. Connections are lost, and writers learn it at once or
    /// when they use them.</summary>
    internal void Cut(int host, int other, bool cuts)
    {
        (isCut[host, other], isCut[other, host]) = (cuts, cuts);
        foreach (var writer in Writers)
        {
            foreach (var member in Members)
            {
                var pair = (writer.Host, member.Host);
                if (cuts && (pair == (host, other) || pair == (other, host)))
                {
                    writer.Disconnect(member);
                }
            }
        }
    }

    internal void HealNetwork() => Array.Clear(isCut);

    /// <summary>The process of a member has ended.</summary>
    internal void Disconnect(SimulatedMember member)
    {
        foreach (var writer in Writers)
        {
            writer.Disconnect(member);
        }
    }

    /// <summary>A writer starts on a host.</summary>
    internal SimulatedWriter Start(int host)
    {
        var known = KnownAs(Members[Random.Next(Members.Count)].Superblock.Accepted!);
        var writer = new SimulatedWriter(this, started++, host, known);
        Writers.Add(writer);
        Log?.Add($"writer {writer.Number} starts on host {host}");
        writer.Begin();
        new WriterWork(this, writer).Begin();
        return writer;
    }

    internal void Crash(SimulatedWriter writer)
    {
        writer.Crash();
        Writers.Remove(writer);
    }

    internal void Fail(string violation) => Violation ??= violation;

    /// <summary>One event happens. An exception is a violation.</summary>
    internal void Step()
    {
        try
        {
            Events.RunNext();
            Checks.AfterStep();
        }
        catch (InvalidOperationException thrown)
        {
            Fail(thrown.ToString());
        }
    }

    /// <summary>Runs until a condition holds; false: it does not within the time, or something went wrong.</summary>
    internal bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Events.Now + limit;
        while (Violation is null && Events.Now < end)
        {
            if (condition())
            {
                return true;
            }

            Step();
        }

        return Violation is null && condition();
    }

    internal static ByteSize SizeOf(int sectors) => ByteSize.FromBytes((long)sectors * Sector.SizeBytes);

    /// <summary>The sectors of regions, up to a size of the volume.</summary>
    internal static (int Start, int Count) SectorsOf(RegionRange range, ByteSize size)
    {
        var start = (int)range.First * SimulationOptions.SectorsPerRegion;
        var end = Math.Min((int)size.Sectors.Value, (int)range.End * SimulationOptions.SectorsPerRegion);
        return (start, end - start);
    }

    private TimeSpan Draw(int exponent) =>
        TimeSpan.FromMilliseconds(Math.Pow(2, Random.NextDouble() * exponent) - 0.9);

    private VolumeRecord FirstRecord() => new()
    {
        Version = new RecordVersion(new Epoch(1, NextGuid()), 1),
        Configuration = VolumeConfiguration.Of(
            Options.Rule,
            [.. Enumerable.Range(0, Options.Legs).Select(_ => NextGuid())],
            [.. Enumerable.Range(0, Options.Witnesses).Select(_ => NextGuid())]),
        Size = SizeOf(Options.Sectors),
        InSync = MemberSet.FirstMembers(Options.Legs) - Options.Blank,
        IsClean = true,
        Lineage = NextGuid(),
    };

    private static Superblock SuperblockOf(VoterSlot slot, VolumeRecord record, LegGeometry geometry) => new()
    {
        Volume = record.Lineage,
        Leg = slot.Id,
        Member = slot.Member,
        State = slot.IsWitness ? LegState.None : record.InSync[slot.Member] ? LegState.InSync : LegState.Blank,
        Promised = record.Version.Epoch,
        Accepted = record,
        Geometry = slot.IsWitness ? LegGeometry.Witness : geometry,
    };
}

/// <summary>The last steps of a run.</summary>
internal sealed class Trace(EventQueue events) : IEnumerable<string>
{
    private const int Length = 2000;

    private readonly Queue<string> lines = new();

    internal void Add(string line)
    {
        if (lines.Count == Length)
        {
            lines.Dequeue();
        }

        lines.Enqueue($"{events.Steps} {events.Now.TotalSeconds:F3} {line}");
    }

    public IEnumerator<string> GetEnumerator() => lines.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
