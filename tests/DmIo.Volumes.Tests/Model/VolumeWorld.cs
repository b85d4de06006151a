using System.Collections.Immutable;
using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>
/// A volume with its writers, voters, legs and one user: the state machines of the product, in surroundings that take
/// every order and every failure within the bounds of <see cref="ModelOptions"/>.
/// <list type="bullet">
/// <item>A block is one region; it holds the number of the write that wrote it last, a version.</item>
/// <item>A request and its reply are one step; a voter writes its superblock within it.</item>
/// <item>I/O takes effect some time after it was sent, or never, if the leg is cut before.</item>
/// </list>
/// Checked in every state: no leg that may serve a read has a version below an acknowledged, flushed or read one; a
/// flush is not Ok if acknowledged data may be lost and no flush has failed since; legs are equal when the record is
/// clean.
/// </summary>
internal sealed class VolumeWorld : World
{
    private static readonly List<ModelOptions> Registered = [];

    private readonly int options;
    private readonly byte[] acknowledged;
    private readonly byte[] flushed;
    private readonly byte[] read;
    private byte issued = 1;
    private byte flushes;
    private byte crashes;
    private byte powerLosses;
    private byte cuts;
    private byte flushFailures;
    private byte ticks;
    private byte guids;
    private bool mayHaveLost;
    private string? violation;

    private VolumeWorld(int options)
    {
        this.options = options;
        acknowledged = Filled(1);
        flushed = Filled(1);
        read = Filled(1);
        var known = FirstRecord();
        Members = new ModelMember[Options.Legs + Options.Witnesses];
        for (var i = 0; i < Members.Length; i++)
        {
            Members[i] = new ModelMember(this, i, new VoterState { Record = known }, Options.Blocks)
            {
                IsBlank = Options.Blank[i],
            };
            Array.Fill(Members[i].Current, (byte)(Options.Blank[i] ? 0 : 1));
            Members[i].Flush();
        }

        Writers = new ModelWriter?[Options.Writers];
        Started = new bool[Options.Writers];
        if (Options.StartsActive)
        {
            TakeOver();
        }
    }

    private enum Kind : byte
    {
        Start,
        Vote,
        Leg,
        Io,
        LoseLeg,
        Write,
        Flush,
        Read,
        Resolve,
        Resync,
        Cool,
        Return,
        Clean,
        Crash,
        LosePower,
        Cut,
        Heal,
        Destage,
        FailFlush,
        Tick,
        Renew,
        Grace,
    }

    public override string? Violation => violation ?? Check();

    internal ModelOptions Options => Registered[options];

    internal ModelMember[] Members { get; }

    internal ModelWriter?[] Writers { get; }

    internal bool[] Started { get; }

    /// <summary>A tick is the length of a lease.</summary>
    internal TimeSpan Now => ticks * VolumeTiming.Lease;

    /// <summary>The start of a model.</summary>
    internal static Func<VolumeWorld> Of(ModelOptions options)
    {
        int index;
        lock (Registered)
        {
            index = Registered.Count;
            Registered.Add(options);
        }

        return () => new VolumeWorld(index);
    }

    public override void ListActions(ActionList actions)
    {
        for (var i = 0; i < Writers.Length; i++)
        {
            if (Writers[i] is { } writer)
            {
                ListWriter(actions, i, writer);
            }
            else if (!Started[i] && (i == 0 || Started[i - 1]))
            {
                actions.Add((byte)Kind.Start, i);
            }
        }

        for (var i = 0; i < Members.Length; i++)
        {
            ListMember(actions, i, Members[i]);
        }

        if (ticks < Options.Ticks)
        {
            actions.Add((byte)Kind.Tick);
        }
    }

    public override void Apply(WorldAction action)
    {
        var (a, b) = (action.A, action.B);
        if ((Kind)action.Kind is Kind.Io or Kind.LosePower or Kind.Cut or Kind.Heal or Kind.Destage or Kind.FailFlush
            or Kind.Tick or Kind.Start or Kind.Crash or Kind.Read)
        {
            ApplyWorld((Kind)action.Kind, a, b);
        }
        else
        {
            ApplyWriter((Kind)action.Kind, Writers[a]!, a, b);
        }

        for (var i = 0; i < Writers.Length; i++)
        {
            Writers[i]?.Send();
            Settle(i);
        }
    }

    public override string Label(WorldAction action) => (Kind)action.Kind switch
    {
        Kind.Io => $"leg {action.A}: {Members[action.A].Queue[action.B].Kind} of writer "
            + $"{Members[action.A].Queue[action.B].Writer} takes effect, {action.B}",
        Kind.Vote => $"writer {action.A}, voter {action.B}: "
            + $"{Writers[action.A]!.Core.VoteRequestTo(action.B)!.GetType().Name}",
        Kind.Leg => $"writer {action.A}, leg {action.B}: "
            + $"{Writers[action.A]!.Core.LegRequestTo(action.B)!.GetType().Name}",
        var kind => $"{kind} {action.A} {action.B}",
    };

    internal Guid NextGuid() => new(++guids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    internal int BlockOf(long region) =>
        (int)(Options.HasExtentPerBlock ? region / RegionRange.RegionsPerExtent : region);

    internal void Acknowledged(int block, byte version) =>
        acknowledged[block] = Math.Max(acknowledged[block], version);

    internal void FlushAnswered(byte[] covered)
    {
        if (mayHaveLost)
        {
            violation = "a flush is Ok, although acknowledged data may be lost and no flush has failed";
        }

        for (var i = 0; i < flushed.Length; i++)
        {
            flushed[i] = Math.Max(flushed[i], covered[i]);
        }
    }

    internal void PowerLossReported() => mayHaveLost = false;

    /// <summary>I/O takes effect on a leg, and the writer learns it.</summary>
    internal void Perform(ModelMember member, LegIo io)
    {
        var writer = member.GrantedTo == io.Writer ? Writers[io.Writer] : null;
        switch (io.Kind)
        {
            case LegIoKind.Write:
                member.Current[io.Block] = io.Version;
                break;
            case LegIoKind.WriteActive:
                member.Active.Clear();
                member.Active.UnionWith(io.Active!);
                break;
            case LegIoKind.WriteMissed:
                for (var i = 0; i < Options.Legs; i++)
                {
                    member.Missed[i].Clear();
                    member.Missed[i].UnionWith(io.Missed![i]);
                }

                break;
            case LegIoKind.Flush:
                member.Flush();
                break;
            default:
                writer?.Core.MapsRead(member.Number, MapsOf(member), Now);
                return;
        }

        writer?.Core.Completed(io.Step!, member.Number, LegResult.Ok, Now);
    }

    private static LegMaps? MapsOf(ModelMember member) => member.IsBlank
        ? null
        : new LegMaps(new RegionSet(member.Active), [.. member.Missed.Select(missed => new RegionSet(missed))]);

    private void ListWriter(ActionList actions, int index, ModelWriter writer)
    {
        var core = writer.Core;
        for (var member = 0; member < Members.Length; member++)
        {
            if (Members[member].IsUp && core.VoteRequestTo(member) is { } vote && IsWithin(vote))
            {
                actions.Add((byte)Kind.Vote, index, member);
            }

            if (Members[member].IsUp && member < Options.Legs && core.LegRequestTo(member) is not null)
            {
                actions.Add((byte)Kind.Leg, index, member);
            }
        }

        if (core.TakeOver is { Phase: TakeOverPhase.Preparing, IsGraceOver: false })
        {
            actions.Add((byte)Kind.Grace, index);
        }

        if (crashes < Options.Crashes)
        {
            actions.Add((byte)Kind.Crash, index);
        }

        for (var leg = 0; leg < Options.Legs; leg++)
        {
            var phase = writer.State.Legs[leg].Phase;
            if (phase == LegPhase.Attaching
                ? !Members[leg].IsUp
                : phase != LegPhase.Absent && (Options.LosesLegs || Members[leg].GrantedTo != index))
            {
                actions.Add((byte)Kind.LoseLeg, index, leg);
            }
        }

        if (writer.State is { IsActive: true, IsFenced: false })
        {
            ListActive(actions, index, writer);
        }
    }

    private bool IsWithin(VoterRequest request) =>
        request is not Accept accept || accept.Record.Version.Number <= Options.MaxRecords;

    private void ListActive(ActionList actions, int index, ModelWriter writer)
    {
        for (var block = 0; block < Options.Blocks; block++)
        {
            if (writer.Operation is null && issued <= Options.Writes)
            {
                actions.Add((byte)Kind.Write, index, block);
            }

            if (writer.State.Unresolved.Contains(RegionOf(block)))
            {
                actions.Add((byte)Kind.Resolve, index, block);
            }

            foreach (var leg in writer.State.Syncing)
            {
                if (writer.State.Legs[leg].Missed.Contains(RegionOf(block)))
                {
                    actions.Add((byte)Kind.Resync, index, block);
                    break;
                }
            }

            if (Options.Cools && (block == 0 || Options.HasExtentPerBlock)
                && IsHot(writer, RegionOf(block) / RegionRange.RegionsPerExtent))
            {
                actions.Add((byte)Kind.Cool, index, block);
            }

            foreach (var leg in ReadableLegs(writer, index, block))
            {
                if (Members[leg].Current[block] != read[block])
                {
                    actions.Add((byte)Kind.Read, leg, block);
                }
            }
        }

        if (writer.Operation is null && flushes < Options.Flushes)
        {
            actions.Add((byte)Kind.Flush, index);
        }

        for (var leg = 0; leg < Options.Legs && Options.Returns; leg++)
        {
            if (writer.State.Legs[leg] is { Phase: LegPhase.Absent, IsDetaching: false } && !writer.State.InSync[leg])
            {
                actions.Add((byte)Kind.Return, index, leg);
            }
        }

        if (Options.Cools && !writer.State.Chosen.IsClean)
        {
            actions.Add((byte)Kind.Clean, index);
        }

        if (writer.Renewals < Options.Renewals)
        {
            actions.Add((byte)Kind.Renew, index);
        }
    }

    private static bool IsHot(ModelWriter writer, long extent)
    {
        foreach (var leg in writer.State.Targets)
        {
            if (writer.State.Legs[leg].Active.Contains(extent))
            {
                return true;
            }
        }

        return false;
    }

    private void ListMember(ActionList actions, int index, ModelMember member)
    {
        for (var i = 0; i < member.Queue.Count; i++)
        {
            if (IsFirst(member.Queue, i))
            {
                actions.Add((byte)Kind.Io, index, i);
            }
        }

        if (index >= Options.Legs)
        {
            return;
        }

        var isVolatile = Options.PowerLosses > 0 || Options.FlushFailures > 0;
        for (var block = 0; block < Options.Blocks && isVolatile; block++)
        {
            if (member.Current[block] != member.Durable[block])
            {
                actions.Add((byte)Kind.Destage, index, block);
            }
        }

        if (member.IsUp && powerLosses < Options.PowerLosses)
        {
            actions.Add((byte)Kind.LosePower, index);
        }

        if (member.IsUp && cuts < Options.Cuts)
        {
            actions.Add((byte)Kind.Cut, index);
        }

        if (!member.IsUp)
        {
            actions.Add((byte)Kind.Heal, index);
        }

        if (flushFailures < Options.FlushFailures
            && member.Queue.Exists(io => io.Kind == LegIoKind.Flush && io.Writer == member.GrantedTo))
        {
            actions.Add((byte)Kind.FailFlush, index);
        }
    }

    /// <summary>I/O that overlaps takes effect in the order in which it was sent.</summary>
    private static bool IsFirst(List<LegIo> queue, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (queue[i].Kind == queue[index].Kind && queue[i].Block == queue[index].Block)
            {
                return false;
            }
        }

        return true;
    }

    private void ApplyWriter(Kind kind, ModelWriter writer, int a, int b)
    {
        var core = writer.Core;
        switch (kind)
        {
            case Kind.Vote:
                Deliver(writer, a, b, core.VoteRequestTo(b)!);
                break;
            case Kind.Leg:
                Deliver(writer, a, b, core.LegRequestTo(b)!);
                break;
            case Kind.Grace:
                core.TakeOver.IsGraceOver = true;
                core.Tick(Now);
                break;
            case Kind.LoseLeg:
                core.LegLost(b, Now);
                break;
            case Kind.Write:
                writer.Submit(new ModelOperation(IoOperation.Write, RangeOf(b), (byte)b, ++issued), []);
                break;
            case Kind.Flush:
                flushes++;
                writer.Submit(new ModelOperation(IoOperation.Flush, default, 0, 0), [.. acknowledged]);
                break;
            case Kind.Resolve:
                core.Resolve(RangeOf(b), Now);
                break;
            case Kind.Resync:
                core.Resync(RangeOf(b), Now);
                break;
            case Kind.Cool:
                var extents = new RegionSet();
                extents.Set(RegionOf(b) / RegionRange.RegionsPerExtent);
                core.Cool(extents, Now);
                break;
            case Kind.Return:
                core.Return(b, Now);
                break;
            case Kind.Clean:
                core.Clean(Now);
                break;
            case Kind.Renew:
                writer.Renewals++;
                Renew(writer, a);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private void ApplyWorld(Kind kind, int a, int b)
    {
        var member = a < Members.Length ? Members[a] : null;
        switch (kind)
        {
            case Kind.Start:
                Started[a] = true;
                Writers[a] = new ModelWriter(this, a, FirstRecord());
                Writers[a]!.Core.Begin(NextGuid());
                for (var voter = 0; voter < Members.Length; voter++)
                {
                    if (Members[voter].IsUp && Writers[a]!.Core.VoteRequestTo(voter) is PreVote ask)
                    {
                        Deliver(Writers[a]!, a, voter, ask);
                    }
                }

                break;
            case Kind.Crash:
                crashes++;
                Writers[a] = null;
                Array.ForEach(Members, one => one.Forget(a));
                Started[a] = crashes > Options.Crashes;
                break;
            case Kind.Read:
                read[b] = member!.Current[b];
                break;
            case Kind.Tick:
                ticks++;
                break;
            case Kind.Io:
                var io = member!.Queue[b];
                member.Queue.RemoveAt(b);
                Perform(member, io);
                break;
            case Kind.Destage:
                member!.Durable[b] = member.Current[b];
                break;
            case Kind.Cut:
                cuts++;
                member!.IsUp = false;
                member.Disconnect();
                break;
            case Kind.Heal:
                member!.IsUp = true;
                break;
            case Kind.LosePower:
                powerLosses++;
                member!.LosePower();
                NoteLoss();
                break;
            case Kind.FailFlush:
                FailFlush(member!);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private void Deliver(ModelWriter writer, int index, int member, VoterRequest request)
    {
        if (Members[member].Handle(index, request) is { } reply)
        {
            if (reply is Granted)
            {
                Members[member].IsBlank &= false;
            }

            writer.Core.Replied(member, reply, Now);
        }
    }

    /// <summary>The first writer takes the volume over, undisturbed.</summary>
    private void TakeOver()
    {
        var actions = new ActionList();
        Apply(new WorldAction((byte)Kind.Start));
        while (Writers[0] is { State.IsActive: false })
        {
            ListActions(actions);
            for (var i = 0; i < actions.Count; i++)
            {
                if ((Kind)actions[i].Kind is Kind.Vote or Kind.Leg or Kind.Io)
                {
                    Apply(actions[i]);
                    break;
                }
            }

            actions.Clear();
        }
    }

    /// <summary>Answers at once what needs no step of its own.</summary>
    private void Settle(int index)
    {
        for (var member = 0; member < Options.Legs && Writers[index] is { } writer; member++)
        {
            while (Members[member].IsUp && writer.Core.LegRequestTo(member) is { } request
                && (request is Mark || (request is Attach && !Options.SplitsAttach)))
            {
                Deliver(writer, index, member, request);
                writer.Send();
                if (request == writer.Core.LegRequestTo(member))
                {
                    break;
                }
            }
        }
    }

    private void Renew(ModelWriter writer, int index)
    {
        var renew = writer.Core.Lease.Renew(Now);
        for (var i = 0; i < Members.Length; i++)
        {
            if (Members[i].IsUp)
            {
                writer.Core.Replied(i, Members[i].Handle(index, renew)!, Now);
            }
        }
    }

    private void FailFlush(ModelMember member)
    {
        flushFailures++;
        var index = member.Queue.FindIndex(io => io.Kind == LegIoKind.Flush && io.Writer == member.GrantedTo);
        var io = member.Queue[index];
        member.Queue.RemoveAt(index);
        member.DropCache();
        member.EndContinuity();
        NoteLoss();
        Writers[io.Writer]?.Core.Completed(io.Step!, member.Number, LegResult.Error, Now);
    }

    /// <summary>If every leg of the newest record's S has lost its cache, what was acknowledged and not flushed may be
    /// lost; that must be reported.</summary>
    private void NoteLoss()
    {
        var inSync = Newest().InSync;
        foreach (var leg in inSync)
        {
            if (!Members[leg].Disk.IsContinuityEnded)
            {
                return;
            }
        }

        for (var block = 0; block < acknowledged.Length; block++)
        {
            foreach (var leg in inSync)
            {
                mayHaveLost |= Members[leg].Durable[block] < acknowledged[block];
            }

            acknowledged[block] = mayHaveLost ? flushed[block] : acknowledged[block];
            read[block] = Math.Min(read[block], acknowledged[block]);
        }
    }

    private VolumeRecord Newest()
    {
        var newest = Members[0].Disk.Record;
        foreach (var member in Members)
        {
            newest = member.Disk.Record.Version > newest.Version ? member.Disk.Record : newest;
        }

        return newest;
    }

    private string? Check()
    {
        for (var index = 0; index < Writers.Length; index++)
        {
            for (var block = 0; block < Options.Blocks && Writers[index] is { } writer; block++)
            {
                foreach (var leg in ReadableLegs(writer, index, block))
                {
                    var version = Members[leg].Current[block];
                    if (version < acknowledged[block] || version < flushed[block] || version < read[block])
                    {
                        return $"writer {index} reads version {version} of block {block} from leg {leg}; acknowledged "
                            + $"{acknowledged[block]}, flushed {flushed[block]}, read before {read[block]}";
                    }
                }
            }
        }

        return null;
    }

    private MemberSet ReadableLegs(ModelWriter writer, int index, int block)
    {
        var state = writer.State;
        var isBusy = writer.Operation is { Operation: IoOperation.Write } write && write.Block == block
            && !Options.ReadsDuringWrites;
        if (!state.IsActive || state.IsFenced || isBusy || state.Unresolved.Contains(RegionOf(block))
            || !MayRead(writer))
        {
            return MemberSet.None;
        }

        var legs = MemberSet.None;
        foreach (var leg in state.Live)
        {
            legs = Members[leg].IsUp && Members[leg].GrantedTo == index ? legs.With(leg) : legs;
        }

        return legs;
    }

    private bool MayRead(ModelWriter writer) => Options.Renewals > 0
        ? writer.Core.Lease.IsInForce(Now)
        : !Writers.Any(other => other?.Core.TakeOver.HasQuorum == true && other.State.Epoch > writer.State.Epoch);

    private VolumeRecord FirstRecord()
    {
        var slots = ImmutableArray.CreateBuilder<VoterSlot>();
        for (var i = 0; i < Options.Legs + Options.Witnesses; i++)
        {
            slots.Add(new VoterSlot(new Guid(100 + i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (byte)i, i >= Options.Legs, true, true));
        }

        var extents = Options.HasExtentPerBlock ? Options.Blocks : 1;
        return new VolumeRecord
        {
            Version = new RecordVersion(Epoch.None, 0),
            Configuration = new VolumeConfiguration(Options.Rule, slots.ToImmutable()),
            Size = ByteSize.FromBytes((long)extents << RegionRange.ExtentShift),
            InSync = Options.InitialInSync.IsEmpty ? MemberSet.FirstMembers(Options.Legs) : Options.InitialInSync,
            IsClean = true,
            Lineage = new Guid(99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        };
    }

    private long RegionOf(int block) => Options.HasExtentPerBlock ? (long)block * RegionRange.RegionsPerExtent : block;

    private RegionRange RangeOf(int block) => new(RegionOf(block), 1);

    private byte[] Filled(byte version)
    {
        var versions = new byte[Options.Blocks];
        Array.Fill(versions, version);
        return versions;
    }
}
