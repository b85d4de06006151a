using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// The surroundings of one writer: its timers, its work in the background, and its users. While faults happen, the work
/// in the background is random; afterwards it is that of the product's actor, with the end of the volume added: all
/// extents cool, and the record becomes clean.
/// </summary>
internal sealed class WriterWork(SimulatedVolume volume, SimulatedWriter writer)
{
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LegTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan StuckTimeout = TimeSpan.FromSeconds(2);

    private readonly TimeSpan[] attachingSince = new TimeSpan[VolumeConfiguration.MaxLegs];
    private readonly VoterChanges voters = new(volume, writer);
    private TimeSpan stuckSince = TimeSpan.MaxValue;

    private VolumeWriter Core => writer.Core;

    private WriterState State => writer.State;

    private Random Random => volume.Random;

    internal void Begin()
    {
        Core.Lease.Preferred = Random.Next(-1, volume.Options.Legs);
        Every(volume.Options.TickInterval, Tick);
        Every(RepeatInterval, Repeat);
        for (var user = 0; user < volume.Options.Users; user++)
        {
            Pause();
        }
    }

    private void Every(TimeSpan interval, Action action) => volume.Events.After(
        interval * (0.5 + Random.NextDouble()),
        () =>
        {
            if (!writer.IsDead)
            {
                writer.Take(action);
                Every(interval, action);
            }
        });

    /// <summary>Requests are repeated until they are answered; the lease is renewed.</summary>
    private void Repeat()
    {
        writer.SendRequests();
        if (State.HasRecord && !State.IsFenced)
        {
            var request = Core.Suspension.NextLeaseRequest(writer.Now);
            foreach (var member in writer.Members.Voters)
            {
                if (request is not null)
                {
                    writer.Ask(member, Lane.Lease, request);
                }
            }
        }
    }

    private void Tick()
    {
        foreach (var member in State.Chosen.Configuration.Legs)
        {
            LoseIfHung(member);
        }

        Core.Tick(writer.Now);
        voters.Tick();
        writer.Freeze.Tick();

        var isStuck = !State.IsFenced && (Core.TakeOver.Phase == TakeOverPhase.Idle || writer.IsRefused
            || writer.Members.IsOutOfDate
            || (State.HasRecord && State.Live.IsEmpty && State.Failed == State.InSync));
        stuckSince = !isStuck ? TimeSpan.MaxValue
            : stuckSince == TimeSpan.MaxValue ? volume.Events.Now
            : stuckSince;
        if (isStuck && volume.Events.Now - stuckSince > StuckTimeout)
        {
            stuckSince = TimeSpan.MaxValue;
            writer.Restart();
        }

        if (State is not { IsActive: true, IsFenced: false })
        {
            return;
        }

        if (writer.Freeze.IsFrozen)
        {
            ReturnAll();
            return;
        }

        writer.Verification.Tick();
        if (volume.IsHealing)
        {
            WorkAll();
        }
        else
        {
            for (var i = 0; i < volume.Options.WorkPerTick; i++)
            {
                WorkAtRandom();
            }
        }
    }

    private void LoseIfHung(int member)
    {
        var leg = State.Legs[member];
        attachingSince[member] = leg.Phase == LegPhase.Attaching ? attachingSince[member] : volume.Events.Now;
        if (volume.Events.Now - attachingSince[member] > LegTimeout
            || (leg.Phase != LegPhase.Absent && writer.OldestOn(member) > LegTimeout))
        {
            attachingSince[member] = volume.Events.Now;
            writer.Disconnect(writer.Members.Member(member));
            Core.LegLost(member, writer.Now);
        }
    }

    private void WorkAtRandom()
    {
        var works = volume.Options.Works;
        var (at, work) = (Random.Next(works.Sum()), 0);
        while (at >= works[work])
        {
            at -= works[work++];
        }

        switch ((Work)work)
        {
            case Simulation.Work.Resolve:
                Core.Resolve(DrawRange(State.Unresolved), writer.Now);
                break;
            case Simulation.Work.Resync when !State.Syncing.IsEmpty:
                Core.Resync(DrawRange(State.Legs[State.Syncing.First].Missed), writer.Now);
                break;
            case Simulation.Work.Return:
                ReturnAll();
                break;
            case Simulation.Work.Cool:
                Core.Cool(Random.Next(2) == 0 ? ActiveExtents() : FirstOf(ActiveExtents()), writer.Now);
                break;
            case Simulation.Work.Grow:
                GrowOrStop();
                break;
            case Simulation.Work.Clean:
                Core.Clean(writer.Now);
                break;
            case Simulation.Work.ChangeVoters when Random.Next(10) == 0:
                voters.ChangeAtRandom();
                break;
            case Simulation.Work.ChangeVoters:
                break;
            case Simulation.Work.Freeze when Random.Next(10) == 0:
                writer.Freeze.Begin(TimeSpan.FromMilliseconds(Random.Next(3000)));
                break;
            case Simulation.Work.Freeze:
                break;
            case Simulation.Work.Verify:
                writer.Verification.Begin(Random.Next((int)State.Regions));
                break;
            default:
                Core.Lease.Slow = Random.Next(4) == 0 ? MemberSet.Of(Random.Next(volume.Options.Legs)) : default;
                break;
        }
    }

    /// <summary>The volume grows, mostly by a few regions; now and then a growth is given up.</summary>
    private void GrowOrStop()
    {
        var (sectors, room) = (State.Chosen.Size.Sectors.Value, volume.Options.RoomSectors);
        if (!Core.Growth.IsIdle)
        {
            Core.AbandonGrowth(writer.Now);
        }
        else if (sectors < room)
        {
            foreach (var member in State.Chosen.Configuration.Legs)
            {
                Core.Confirm(member, SimulatedVolume.SizeOf(room));
            }

            var size = Random.Next(3) == 0 ? room : Random.NextInt64(sectors + 1, Math.Min(room, sectors + 500) + 1);
            Core.Grow(SimulatedVolume.SizeOf((int)size), writer.Now);
        }
    }

    /// <summary>The work of the product.</summary>
    private void WorkAll()
    {
        const int MaxCopyRegions = 16;
        const int MaxCopies = 4;
        for (var region = State.Unresolved.FindNext(0); region >= 0 && Core.CopyCount < MaxCopies;)
        {
            var end = Math.Min(State.Unresolved.FindNextClear(region), region + MaxCopyRegions);
            Core.Resolve(new RegionRange(region, end - region), writer.Now);
            region = State.Unresolved.FindNext(end);
        }

        foreach (var member in State.Syncing)
        {
            var missed = State.Legs[member].Missed;
            for (var region = missed.FindNext(0); region >= 0 && Core.CopyCount < MaxCopies;)
            {
                var end = Math.Min(missed.FindNextClear(region), region + MaxCopyRegions);
                Core.Resync(new RegionRange(region, end - region), writer.Now);
                region = missed.FindNext(end);
            }
        }

        ReturnAll();
        Core.Cool(ActiveExtents(), writer.Now);
        Core.Clean(writer.Now);
    }

    private void ReturnAll()
    {
        foreach (var member in State.Chosen.Configuration.Legs)
        {
            Core.Return(member, writer.Now);
        }
    }

    private RegionSet ActiveExtents()
    {
        var extents = new RegionSet();
        foreach (var member in State.Targets)
        {
            extents.UnionWith(State.Legs[member].Active);
        }

        return extents;
    }

    private static RegionSet FirstOf(RegionSet extents)
    {
        var first = new RegionSet();
        if (!extents.IsEmpty)
        {
            first.Set(extents.FindNext(0));
        }

        return first;
    }

    private RegionRange DrawRange(RegionSet regions)
    {
        if (regions.IsEmpty)
        {
            return new RegionRange(Random.Next((int)State.Regions), 1);
        }

        var first = regions.FindNext(Random.Next((int)State.Regions));
        first = first < 0 ? regions.FindNext(0) : first;
        var last = Math.Min(regions.FindNextClear(first), first + Random.Next(1, 65));
        return new RegionRange(first, last - first);
    }

    private void Pause() => volume.Events.After(volume.Options.Pause * Random.NextDouble(), () =>
    {
        if (!writer.IsDead && !volume.IsHealing)
        {
            writer.Take(Use);
        }
    });

    /// <summary>A user goes on when its operation was answered; now and then it does not wait for that.</summary>
    private void Use()
    {
        var user = Draw();
        if (Random.Next(50) == 0)
        {
            Pause();
        }
        else
        {
            user.Answered = Pause;
        }

        writer.Submit(user);
    }

    private UserOperation Draw()
    {
        var kind = Random.Next(20) switch
        {
            < 9 => IoOperation.Write,
            < 16 => IoOperation.Read,
            < 19 => IoOperation.Flush,
            _ => IoOperation.WriteZeroes,
        };
        var (start, count) = kind == IoOperation.Flush ? (0, 0) : DrawSectors();
        return new UserOperation(kind, start, count)
        {
            Content = kind == IoOperation.Write ? volume.NextContent() : null,
            IsForced = kind == IoOperation.Write && Random.Next(8) == 0,
            Session = Random.Next(3) == 0 ? (ulong)Random.Next((int)State.Chosen.Session + 2) : 0,
        };
    }

    /// <summary>Some sectors of a region, whole regions, or sectors around a border of regions or extents; most of them
    /// where others are used as well.</summary>
    private (int Start, int Count) DrawSectors()
    {
        const int Region = SimulationOptions.SectorsPerRegion;
        var sectors = (int)State.Chosen.Size.Sectors.Value;
        var region = Random.Next(4) == 0 ? Random.Next((sectors + Region - 1) / Region) : 0;
        var (start, count) = Random.Next(8) switch
        {
            0 => (region * Region, Region),
            1 => (region * Region, Random.Next(1, 4) * Region),
            2 => ((region * Region) + Region - Random.Next(1, 4), Random.Next(2, 8)),
            3 => (SimulationOptions.SectorsPerExtent - Random.Next(1, 4), Random.Next(1, 8)),
            4 => ((region * Region) + Random.Next(Region), Random.Next(1, 2 * Region)),
            _ => ((region * Region) + Random.Next(8), Random.Next(1, 8)),
        };
        start = Math.Clamp(start, 0, sectors - 1);
        return (start, Math.Min(count, sectors - start));
    }
}
