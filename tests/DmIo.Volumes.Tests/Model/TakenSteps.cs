using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>Changes a modeled volume by what happens to it.</summary>
internal static class TakenSteps
{
    internal static void Apply(VolumeWorld world, WorldAction action)
    {
        var (step, a, b) = ((WorldStep)action.Kind, action.A, action.B);
        switch (step)
        {
            case WorldStep.Start:
                Start(world, a);
                break;
            case WorldStep.Crash:
                Crash(world, a);
                break;
            case WorldStep.Tick:
                world.Counts.Ticks++;
                break;
            case WorldStep.Late:
                Arrive(world, a);
                break;
            case WorldStep.DelayRequest or WorldStep.DelayReply:
                Delay(world, step, world.Writers[a]!, b, action.C != 0);
                break;
            case WorldStep.Io or WorldStep.LosePower or WorldStep.Cut or WorldStep.Heal or WorldStep.Restart
                or WorldStep.Unlock or WorldStep.Destage or WorldStep.FailFlush or WorldStep.Read:
                ApplyMember(world, step, world.Members[a], b);
                break;
            default:
                ApplyWriter(world, step, world.Writers[a]!, b);
                break;
        }

        Settle(world);
        world.NoteSizes();
        if (world.HasCaches && world.Newest.Version.Number > 1)
        {
            world.NoteLoss();
        }

        foreach (var writer in world.Writers)
        {
            if (writer is { WasActive: false, State.IsActive: true })
            {
                writer.WasActive = true;
                world.NoteActive(writer);
            }
        }
    }

    /// <summary>I/O takes effect on a leg, and the writer learns it.</summary>
    internal static void Perform(VolumeWorld world, ModelMember member, LegIo io)
    {
        var writer = member.GrantedTo == io.Writer ? world.WriterOf(io.Writer) : null;
        switch (io.Kind)
        {
            case LegIoKind.Write:
                member.Current[io.Block] = io.Version;
                if (!world.HasCaches)
                {
                    member.Durable[io.Block] = io.Version;
                }

                break;
            case LegIoKind.WriteActive:
                member.Active.Clear();
                member.Active.UnionWith(io.Active!);
                break;
            case LegIoKind.WriteMissed:
                for (var i = 0; i < world.Options.Legs; i++)
                {
                    member.Missed[i].Clear();
                    member.Missed[i].UnionWith(io.Missed![i]);
                }

                break;
            case LegIoKind.Flush:
                member.Flush(io.Snapshot!);
                break;
            default:
                writer?.Core.MapsRead(member.Number, member.ReadMaps(), world.Now);
                return;
        }

        writer?.Core.Completed(io.Step!, member.Number, LegResult.Ok, world.Now);
    }

    private static void ApplyWriter(VolumeWorld world, WorldStep step, ModelWriter writer, int b)
    {
        var (core, now) = (writer.Core, world.Now);
        switch (step)
        {
            case WorldStep.Vote:
                Deliver(world, writer, b, core.VoteRequestTo(b)!);
                break;
            case WorldStep.Leg:
                Deliver(world, writer, b, core.LegRequestTo(b)!);
                break;
            case WorldStep.Grace:
                core.TakeOver.IsGraceOver = true;
                core.Tick(now);
                break;
            case WorldStep.LoseLeg:
                world.Counts.Losses += (byte)(world.Members[b].GrantedTo == writer.Number ? 1 : 0);
                core.LegLost(b, now);
                break;
            case WorldStep.Write:
                writer.Submit(
                    new ModelOperation(IoOperation.Write, world.RangeOf(b), (byte)b, ++world.Counts.Issued), []);
                break;
            case WorldStep.Flush:
                world.Counts.Flushes++;
                writer.Submit(new ModelOperation(IoOperation.Flush, default, 0, 0), world.Acknowledgments);
                break;
            case WorldStep.Open:
                world.Counts.Sessions++;
                core.OpenSession(now);
                break;
            case WorldStep.Renew:
                Renew(world, writer);
                break;
            case WorldStep.Expire:
                Expire(world, core);
                break;
            case WorldStep.Release:
                world.Counts.Releases++;
                for (var i = 0; i < world.Members.Length; i++)
                {
                    world.Late.Add(new LateMessage(writer.Number, i, core.Lease.Release(), null));
                }

                break;
            default:
                ApplyBackground(world, step, core, b);
                break;
        }
    }

    private static void ApplyBackground(VolumeWorld world, WorldStep step, VolumeWriter core, int b)
    {
        var now = world.Now;
        switch (step)
        {
            case WorldStep.Resolve:
                core.Resolve(world.RangeOf(b), now);
                break;
            case WorldStep.Resync:
                core.Resync(world.RangeOf(b), now);
                break;
            case WorldStep.Cool:
                var extents = new RegionSet();
                extents.SetRange(new RegionRange(b, b < world.Extents ? 1 : 0));
                core.Cool(extents, now);
                break;
            case WorldStep.Return:
                core.Return(b, now);
                break;
            case WorldStep.Clean:
                core.Clean(now);
                break;
            case WorldStep.Change:
                Change(world, core, b);
                break;
            case WorldStep.Grow:
                Grow(world, core);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, null);
        }
    }

    /// <summary>The time that no voter has answered for is long, then the deadline has passed.</summary>
    private static void Expire(VolumeWorld world, VolumeWriter core)
    {
        world.Counts.Expiries++;
        core.Suspension.HoldsFor = TimeSpan.Zero;
        core.Tick(world.Now + TimeSpan.FromHours(1));
        core.Suspension.HoldsFor = null;
        core.Tick(world.Now);
    }

    private static void Change(VolumeWorld world, VolumeWriter core, int member)
    {
        world.Counts.Changes++;
        if (core.State.Chosen.Configuration.Voters[member])
        {
            core.RemoveVoter(member, world.Now);
        }
        else if (world.Members[member].Disk.Leg is LegState.Blank or LegState.None)
        {
            core.AddVoter(ModelOptions.IdOf(member), (byte)member, member >= world.Options.Legs, world.Now);
        }
    }

    private static void Grow(VolumeWorld world, VolumeWriter core)
    {
        for (var leg = 0; leg < world.Options.Legs; leg++)
        {
            core.Confirm(leg, world.FullSize);
        }

        core.Grow(world.FullSize, world.Now);
    }

    private static void ApplyMember(VolumeWorld world, WorldStep step, ModelMember member, int b)
    {
        var counts = world.Counts;
        switch (step)
        {
            case WorldStep.Read:
                world.LastRead[b] = member.Current[b];
                break;
            case WorldStep.Io:
                var io = member.Queue[b];
                member.Queue.RemoveAt(b);
                Perform(world, member, io);
                break;
            case WorldStep.Destage:
                member.Destage(b);
                break;
            case WorldStep.Cut:
                counts.Cuts++;
                member.IsUp = false;
                member.Disconnect();
                break;
            case WorldStep.Heal:
                member.IsUp = true;
                break;
            case WorldStep.Restart:
                counts.Restarts++;
                member.Restart();
                break;
            case WorldStep.Unlock:
                member.Unlock();
                break;
            case WorldStep.LosePower:
                counts.PowerLosses++;
                member.LosePower();
                world.NoteLoss();
                break;
            case WorldStep.FailFlush:
                counts.FlushFailures++;
                FailFlush(world, member);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, null);
        }
    }

    internal static void Start(VolumeWorld world, int index)
    {
        var number = index + (world.Writers.Length * world.Starts[index]++);
        var writer = new ModelWriter(world, number, world.FirstRecord());
        world.Writers[index] = writer;
        writer.Core.TakeOver.IsGraceOver = !world.Options.HasGrace;
        writer.Core.Begin(new Guid(world.Options.SharesGuid ? 0 : number, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        for (var voter = 0; voter < world.Members.Length; voter++)
        {
            if (world.Members[voter].IsUp && writer.Core.VoteRequestTo(voter) is PreVote ask)
            {
                Deliver(world, writer, voter, ask);
            }
        }
    }

    internal static void Crash(VolumeWorld world, int index)
    {
        var number = world.Writers[index]!.Number;
        world.Counts.Crashes++;
        world.Writers[index] = null;
        world.Late.RemoveAll(late => late.Writer == number && late.Request is null);
        Array.ForEach(world.Members, member => member.Forget(number));
    }

    /// <summary>The process of a writer that cannot go on is replaced, or one is started, by its
    /// surroundings.</summary>
    internal static void Replace(VolumeWorld world, int index)
    {
        if (world.Writers[index] is not null)
        {
            Crash(world, index);
        }

        Start(world, index);
        Settle(world);
    }

    private static void Arrive(VolumeWorld world, int index)
    {
        var late = world.Late[index];
        world.Late.RemoveAt(index);
        var reply = late.Request is { } request ? world.Members[late.Member].Handle(late.Writer, request) : late.Reply;
        if (reply is not null && world.WriterOf(late.Writer) is { } writer)
        {
            writer.Core.Replied(late.Member, reply, world.Now);
        }
    }

    private static void Delay(VolumeWorld world, WorldStep step, ModelWriter writer, int member, bool isLeg)
    {
        world.Counts.Delays++;
        var request = (isLeg ? writer.Core.LegRequestTo(member) : writer.Core.VoteRequestTo(member))!;
        if (step == WorldStep.DelayRequest)
        {
            world.Late.Add(new LateMessage(writer.Number, member, request, null));
        }
        else if (world.Members[member].Handle(writer.Number, request) is { } reply)
        {
            world.Late.Add(new LateMessage(writer.Number, member, null, reply));
        }
    }

    private static void Deliver(VolumeWorld world, ModelWriter writer, int member, VoterRequest request)
    {
        if (world.Members[member].Handle(writer.Number, request) is { } reply)
        {
            writer.Core.Replied(member, reply, world.Now);
        }
    }

    private static void Renew(VolumeWorld world, ModelWriter writer)
    {
        writer.Renewals++;
        var renew = writer.Core.Lease.Renew(world.Now);
        for (var i = 0; i < world.Members.Length; i++)
        {
            if (world.Members[i].IsUp)
            {
                Deliver(world, writer, i, renew);
            }
        }
    }

    private static void FailFlush(VolumeWorld world, ModelMember member)
    {
        var io = member.Queue[member.FirstFlush];
        member.Queue.Remove(io);
        member.DropCache();
        member.EndContinuity();
        world.NoteLoss();
        world.WriterOf(io.Writer)?.Core.Completed(io.Step!, member.Number, LegResult.Error, world.Now);
    }

    /// <summary>Writers send what they want to send, and get the answers that need no step of their own.</summary>
    private static void Settle(VolumeWorld world)
    {
        foreach (var writer in world.Writers)
        {
            writer?.Send();
            while (writer is not null && AnswerAtOnce(world, writer))
            {
                writer.Send();
            }
        }
    }

    private static bool AnswerAtOnce(VolumeWorld world, ModelWriter writer)
    {
        var progressed = false;
        for (var member = 0; member < world.Members.Length; member++)
        {
            if (world.Members[member].IsUp && RequestAtOnce(world, writer.Core, member) is { } request)
            {
                Deliver(world, writer, member, request);
                progressed |= request != RequestAtOnce(world, writer.Core, member);
            }
        }

        return progressed;
    }

    /// <summary>Mark: nothing else happens to the leg meanwhile. Detach, if nothing is in flight: the leg serves no
    /// reads
    /// of the writer any more, so nothing can be seen of the time until it is cut.</summary>
    private static VoterRequest? RequestAtOnce(VolumeWorld world, VolumeWriter core, int member)
    {
        var options = world.Options;
        if (!options.SplitsVotes && core.VoteRequestTo(member) is { } vote && EnabledSteps.IsWithin(options, vote))
        {
            return vote;
        }

        var request = member < options.Legs ? core.LegRequestTo(member) : null;
        return request is Mark || (request is Attach && !options.SplitsAttach)
            || (request is Detach && world.Members[member].Queue.Count == 0)
            ? request
            : null;
    }
}
