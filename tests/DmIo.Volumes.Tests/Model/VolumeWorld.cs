using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Voters;

namespace DmIo.Volumes.Tests.Model;

/// <summary>
/// A volume with its writers, voters, legs and users: the state machines of the product, in surroundings that take
/// every order and every failure within the bounds of <see cref="ModelOptions"/>.
/// <list type="bullet">
/// <item>A block is one region, or one extent; it holds the number of the write that wrote it last, a version.</item>
/// <item>A request and its reply are one step, but for those that are late; a voter writes its superblock within
/// it.</item>
/// <item>I/O takes effect some time after it was sent, or never, if the leg is cut before. I/O of one kind to one block
/// of a leg takes effect in the order in which it was sent.</item>
/// <item>A flush makes durable what was written before it was sent; anything else may become durable at any
/// time.</item>
/// </list>
/// Checked in every state: no leg that may serve a read has a version below an acknowledged, flushed or read one; a
/// flush is not Ok if acknowledged data may be lost and no flush has failed since; the legs of S are equal if the
/// newest
/// record is clean.
/// </summary>
internal sealed class VolumeWorld : World
{
    /// <summary>The version of a block that was not written.</summary>
    internal const byte Zeroes = 1;

    private static readonly List<ModelOptions> Registered = [];

    private readonly int options;
    private readonly byte[] acknowledged;
    private readonly byte[] flushed;

    // All legs of S have lost their caches, and no writer has become active since.
    private bool isWholeLoss;
    private bool mayHaveLost;

    // A user has seen the larger size.
    private bool hasGrown;
    private string? violation;

    private VolumeWorld(int options)
    {
        this.options = options;
        (acknowledged, flushed, LastRead) = (Filled(1), Filled(1), Filled(1));
        var known = FirstRecord();
        Members = new ModelMember[Options.Legs + Options.Witnesses];
        for (var i = 0; i < Members.Length; i++)
        {
            var leg = i >= Options.Legs ? LegState.None : Options.Blank[i] ? LegState.Blank : LegState.InSync;
            var state = new VoterState { Member = i, Record = known, Leg = leg };
            Members[i] = new ModelMember(this, i, state, Options.Blocks);
            var held = Options.Blank[i] ? 0 : Options.Blocks - (Options.Grows ? 1 : 0);
            Array.Fill(Members[i].Current, Zeroes, 0, held);
            Array.Fill(Members[i].Durable, Zeroes, 0, held);
        }

        Writers = new ModelWriter?[Options.Writers];
        Starts = new byte[Options.Writers];
        if (Options.StartsActive)
        {
            TakeOver();
        }
    }

    public override string? Violation => violation ?? CheckReads() ?? CheckSize() ?? CheckClean();

    internal ModelOptions Options => Registered[options];

    internal ModelMember[] Members { get; }

    internal ModelWriter?[] Writers { get; }

    /// <summary>How often each writer was started.</summary>
    internal byte[] Starts { get; }

    internal ModelCounts Counts { get; } = new();

    /// <summary>The messages that are late.</summary>
    internal List<LateMessage> Late { get; } = [];

    /// <summary>The newest version of each block that was read.</summary>
    internal byte[] LastRead { get; }

    /// <summary>The acknowledged version of each block.</summary>
    internal byte[] Acknowledgments => [.. acknowledged];

    /// <summary>A tick is the length of a lease.</summary>
    internal TimeSpan Now => Counts.Ticks * VolumeTiming.Lease;

    internal int Extents => Options.HasExtentPerBlock ? Options.Blocks : 1;

    /// <summary>Volatile caches matter.</summary>
    internal bool HasCaches => Options.PowerLosses > 0 || Options.FlushFailures > 0;

    /// <summary>The newest record of all voters.</summary>
    internal VolumeRecord Newest
    {
        get
        {
            var newest = Members[0].Disk.Record;
            foreach (var member in Members)
            {
                newest = member.Disk.Record.Version > newest.Version ? member.Disk.Record : newest;
            }

            return newest;
        }
    }

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

    public override void ListActions(ActionList actions) => EnabledSteps.List(this, actions);

    public override void Apply(WorldAction action) => TakenSteps.Apply(this, action);

    public override string Label(WorldAction action)
    {
        var (step, a, b) = ((WorldStep)action.Kind, action.A, action.B);
        return step switch
        {
            WorldStep.Io => $"leg {a}: {Members[a].Queue[b].Kind} of writer {Members[a].Queue[b].Writer} "
                + $"takes effect, {b}",
            WorldStep.Vote => $"writer {a}, voter {b}: {Writers[a]!.Core.VoteRequestTo(b)!.GetType().Name}",
            WorldStep.Leg => $"writer {a}, leg {b}: {Writers[a]!.Core.LegRequestTo(b)!.GetType().Name}",
            WorldStep.DelayRequest or WorldStep.DelayReply => $"{step} {a} {b} {action.C}",
            _ => $"{step} {a} {b}",
        };
    }

    internal ModelWriter? WriterOf(int number)
    {
        foreach (var writer in Writers)
        {
            if (writer?.Number == number)
            {
                return writer;
            }
        }

        return null;
    }

    internal int BlockOf(long region) =>
        (int)(Options.HasExtentPerBlock ? region / RegionRange.RegionsPerExtent : region);

    internal long RegionOf(int block) =>
        Options.HasExtentPerBlock ? (long)block * RegionRange.RegionsPerExtent : block;

    /// <summary>The block is within the size of a record.</summary>
    internal bool Has(VolumeRecord record, int block) =>
        record.Size.Bytes >= RangeOf(block).End << RegionRange.RegionShift;

    /// <summary>The size of the volume with all blocks.</summary>
    internal ByteSize FullSize => SizeOf(Options.Blocks);

    internal RegionRange RangeOf(int block) =>
        new(RegionOf(block), Options.HasExtentPerBlock ? RegionRange.RegionsPerExtent : 1);

    internal void Acknowledged(ModelWriter writer, int block, byte version)
    {
        acknowledged[block] = Math.Max(acknowledged[block], version);
        var holders = 0;
        foreach (var leg in writer.State.Live)
        {
            holders += Members[leg].Current[block] >= version ? 1 : 0;
        }

        if (Options.Policy.MinInSync > 1 && holders < Options.Policy.MinInSync)
        {
            violation = $"version {version} of block {block} is acknowledged on {holders} legs in sync";
        }
    }

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

    /// <summary>If every leg of the newest record's S has lost its cache, the next writer may lack what was
    /// acknowledged
    /// and not flushed.</summary>
    internal void NoteLoss()
    {
        foreach (var leg in Newest.InSync)
        {
            if (!Members[leg].HasLostCache)
            {
                return;
            }
        }

        isWholeLoss = true;
    }

    /// <summary>A writer has become active. If its legs lack acknowledged data, that must be reported.</summary>
    internal void NoteActive(ModelWriter writer)
    {
        var isLost = false;
        for (var block = 0; block < acknowledged.Length && isWholeLoss && Has(writer.State.Chosen, block); block++)
        {
            foreach (var leg in writer.State.InSync)
            {
                isLost |= Members[leg].Current[block] < acknowledged[block];
            }
        }

        // What was read, but not acknowledged, may be lost as well; it was never promised.
        for (var block = 0; block < acknowledged.Length && isWholeLoss; block++)
        {
            acknowledged[block] = isLost ? flushed[block] : acknowledged[block];
            LastRead[block] = Math.Min(LastRead[block], acknowledged[block]);
        }

        mayHaveLost |= isLost;
        isWholeLoss = false;
    }

    /// <summary>The legs from which a writer may serve reads of a block now.</summary>
    internal MemberSet ReadableLegs(ModelWriter writer, int block)
    {
        var state = writer.State;
        var isBusy = (writer.Operation is { Operation: IoOperation.Write } write && write.Block == block
            && !Options.ReadsDuringWrites) || state.IsInDoubt(RangeOf(block));
        if (!state.IsActive || state.IsFenced || isBusy || !Has(state.Chosen, block)
            || state.Unresolved.Contains(RegionOf(block)) || !MayRead(writer))
        {
            return MemberSet.None;
        }

        var legs = MemberSet.None;
        foreach (var leg in state.Live)
        {
            legs = Members[leg].IsUp && Members[leg].GrantedTo == writer.Number ? legs.With(leg) : legs;
        }

        return legs;
    }

    /// <summary>The first writer takes the volume over, undisturbed.</summary>
    private void TakeOver()
    {
        var actions = new ActionList();
        TakenSteps.Apply(this, new WorldAction((byte)WorldStep.Start));
        while (Writers[0] is { State.IsActive: false })
        {
            EnabledSteps.List(this, actions);
            for (var i = 0; i < actions.Count; i++)
            {
                if ((WorldStep)actions[i].Kind is WorldStep.Vote or WorldStep.Leg or WorldStep.Io)
                {
                    TakenSteps.Apply(this, actions[i]);
                    break;
                }
            }

            actions.Clear();
        }
    }

    private string? CheckReads()
    {
        foreach (var writer in Writers)
        {
            for (var block = 0; block < Options.Blocks && writer is not null; block++)
            {
                foreach (var leg in ReadableLegs(writer, block))
                {
                    var version = Members[leg].Current[block];
                    if (version < acknowledged[block] || version < flushed[block] || version < LastRead[block])
                    {
                        return $"writer {writer.Number} reads version {version} of block {block} from leg {leg}; "
                            + $"acknowledged {acknowledged[block]}, flushed {flushed[block]}, "
                            + $"read before {LastRead[block]}";
                    }
                }
            }
        }

        return null;
    }

    /// <summary>A size that a user has seen.</summary>
    internal void NoteSizes()
    {
        foreach (var writer in Writers)
        {
            hasGrown |= Options.Grows && writer is { State: { IsActive: true, Chosen: var chosen } }
                && Has(chosen, Options.Blocks - 1);
        }
    }

    /// <summary>A volume that has grown does not shrink.</summary>
    private string? CheckSize()
    {
        foreach (var writer in hasGrown ? Writers : [])
        {
            if (writer is { State: { IsActive: true, IsFenced: false, Chosen: var chosen } }
                && !Has(chosen, Options.Blocks - 1) && MayRead(writer))
            {
                return $"writer {writer.Number} serves {chosen.Size}, although the volume has grown to {FullSize}";
            }
        }

        return null;
    }

    private string? CheckClean()
    {
        var newest = Newest;
        if (!newest.IsClean)
        {
            return null;
        }

        var first = Members[newest.InSync.First];
        foreach (var leg in newest.InSync)
        {
            var blocks = Options.Blocks - (Has(newest, Options.Blocks - 1) ? 0 : 1);
            if (!first.Current.AsSpan(0, blocks).SequenceEqual(Members[leg].Current.AsSpan(0, blocks)))
            {
                return $"the record {newest.Version} is clean, but legs {first.Number} and {leg} differ";
            }
        }

        return null;
    }

    /// <summary>Without leases in the model, a writer may read for as long as a lease could be in force: no quorum of
    /// voters has promised another epoch.</summary>
    private bool MayRead(ModelWriter writer)
    {
        if (Options.Renewals > 0)
        {
            return writer.Core.Lease.IsInForce(Now);
        }

        var leased = MemberSet.None;
        foreach (var member in Members)
        {
            leased = member.Fence <= writer.State.Epoch ? leased.With(member.Number) : leased;
        }

        return writer.State.Rules.IsLeased(writer.State.Chosen, leased);
    }

    internal VolumeRecord FirstRecord() => Options.FirstRecord(SizeOf(Options.Blocks - (Options.Grows ? 1 : 0)));

    private ByteSize SizeOf(int blocks) => ByteSize.FromBytes(RangeOf(blocks - 1).End << RegionRange.RegionShift);

    private byte[] Filled(byte version)
    {
        var versions = new byte[Options.Blocks];
        Array.Fill(versions, version);
        return versions;
    }
}
