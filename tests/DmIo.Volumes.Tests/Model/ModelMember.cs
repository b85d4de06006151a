using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>A member of the modeled volume: a voter and, beside it, a leg with a volatile cache.</summary>
internal sealed class ModelMember : IVoterHost
{
    /// <summary>No version: the block has nothing that is not durable.</summary>
    private const byte IsDurable = byte.MaxValue;

    private readonly VolumeWorld world;
    private Voter voter;
    private VoterState? unwritten;
    private byte incarnations;

    internal ModelMember(VolumeWorld world, int number, VoterState state, int blocks)
    {
        (this.world, Number, Disk) = (world, number, state);
        (Current, Durable) = (new byte[blocks], new byte[blocks]);
        voter = Start(isDrained: true);
    }

    internal int Number { get; }

    /// <summary>What the superblock holds.</summary>
    internal VoterState Disk { get; private set; }

    /// <summary>The versions of the blocks, with the cache.</summary>
    internal byte[] Current { get; private set; }

    /// <summary>The versions of the blocks that survive a loss of power.</summary>
    internal byte[] Durable { get; private set; }

    /// <summary>The active map, on disk.</summary>
    internal RegionSet Active { get; } = new();

    /// <summary>The missed maps, on disk.</summary>
    internal RegionSet[] Missed { get; } = [new(), new(), new()];

    /// <summary>The I/O that was sent to the leg and did not take effect.</summary>
    internal List<LegIo> Queue { get; } = [];

    /// <summary>The leg and its voter can be reached.</summary>
    internal bool IsUp { get; set; } = true;

    /// <summary>The leg has no data of the volume, and no maps.</summary>
    internal bool IsBlank => Disk.Leg == LegState.Blank;

    /// <summary>The epoch below which the voter accepts nothing.</summary>
    internal Epoch Fence => voter.Fence;

    /// <summary>The leg has lost its cache since its last grant.</summary>
    internal bool HasLostCache { get; private set; }

    /// <summary>The writer whose I/O reaches the leg; -1: none.</summary>
    internal int GrantedTo { get; private set; } = -1;

    /// <summary>The writer whose request is answered.</summary>
    internal int Asking { get; set; } = -1;

    /// <summary>I/O of an earlier process of the voter may still take effect.</summary>
    internal bool IsLocked { get; private set; }

    /// <summary>The position of the first flush in the queue that the granted writer sent; -1: there is none.</summary>
    internal int FirstFlush => GrantedTo < 0
        ? -1
        : Queue.FindIndex(io => io.Kind == LegIoKind.Flush && io.Writer == GrantedTo);

    public void Persist(VoterState state) => unwritten = state;

    /// <summary>What was not done by now is dropped; that it is done instead is another run of the model.</summary>
    public void CutAndDrain()
    {
        GrantedTo = -1;
        switch (world.Options.Drain)
        {
            case ModelDrain.Complete:
                Queue.Clear();
                voter.Drained();
                break;
            case ModelDrain.Lie:
                voter.Drained();
                break;
            default:
                voter.DrainLimitPassed();
                break;
        }
    }

    public void Grant(ulong generation) => (GrantedTo, HasLostCache) = (Asking, false);

    /// <summary>What the maps say; null: the leg has none.</summary>
    internal LegMaps? ReadMaps() => IsBlank
        ? null
        : new LegMaps(new RegionSet(Active), [.. Missed.Select(missed => new RegionSet(missed))]);

    /// <summary>Answers a request; writing the superblock takes no time.</summary>
    internal VoterReply? Handle(int writer, VoterRequest request)
    {
        Asking = writer;
        for (; ; )
        {
            var reply = voter.Handle(request, world.Now);
            if (!Write())
            {
                return reply;
            }
        }
    }

    /// <summary>The leg fails an operation, and the continuity ends before the failure is answered (VM8).</summary>
    internal void EndContinuity()
    {
        var fresh = NextIncarnation();
        while (!voter.EndContinuity(fresh) && Write())
        {
            // Repeated until the state is durable.
        }
    }

    /// <summary>The connection of the writer is lost. What it sent may still take effect.</summary>
    internal void Disconnect() => GrantedTo = -1;

    /// <summary>The writer takes no more steps. What it sent may still take effect.</summary>
    internal void Forget(int writer)
    {
        GrantedTo = GrantedTo == writer ? -1 : GrantedTo;
        for (var i = 0; i < Queue.Count; i++)
        {
            Queue[i] = Queue[i].Writer == writer ? Queue[i] with { Writer = -2, Step = null } : Queue[i];
        }
    }

    /// <summary>What a flush that is sent now makes durable: the versions of the blocks;
    /// <see cref="IsDurable"/>: nothing, because the block is durable.</summary>
    internal byte[] Snapshot()
    {
        var versions = new byte[Current.Length];
        for (var i = 0; i < versions.Length; i++)
        {
            versions[i] = Current[i] == Durable[i] ? IsDurable : Current[i];
        }

        return versions;
    }

    /// <summary>A flush takes effect: what was written before it was sent is durable, and maybe no more.</summary>
    internal void Flush(byte[] snapshot)
    {
        for (var i = 0; i < snapshot.Length; i++)
        {
            Durable[i] = snapshot[i] == IsDurable ? Durable[i] : snapshot[i];
        }
    }

    /// <summary>A block becomes durable; flushes in flight have nothing to do for it.</summary>
    internal void Destage(int block)
    {
        Durable[block] = Current[block];
        foreach (var io in Queue)
        {
            if (io.Snapshot is { } snapshot)
            {
                snapshot[block] = IsDurable;
            }
        }
    }

    internal void DropCache() => (Current, HasLostCache) = ([.. Durable], true);

    internal void LosePower()
    {
        DropCache();
        Queue.Clear();
        (unwritten, GrantedTo, IsUp) = (null, -1, false);
        Disk = Disk with { IsContinuityEnded = true };
        IsLocked = false;
        voter = Start(isDrained: true);
    }

    /// <summary>The process of the voter restarts. What was sent to the leg may still take effect.</summary>
    internal void Restart()
    {
        (unwritten, GrantedTo) = (null, -1);
        IsLocked = Queue.Count != 0 && !world.Options.TrustsRestart;
        voter = Start(isDrained: !IsLocked);
    }

    /// <summary>The lock of the old process is free: what it had not done by now is dropped (VR9).</summary>
    internal void Unlock()
    {
        Queue.Clear();
        IsLocked = false;
        voter.Drained();
    }

    private Voter Start(bool isDrained)
    {
        // At the start of the model, no lease was ever granted.
        var end = world.Options.Renewals > 0 && incarnations > 0 ? world.Now + VolumeTiming.Lease : TimeSpan.Zero;
        return new Voter(this, world.Options.VoterRules, Disk, NextIncarnation(), isDrained, end);
    }

    private Guid NextIncarnation() => new(1000 + (100 * Number) + incarnations++, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private bool Write()
    {
        if (unwritten is null)
        {
            return false;
        }

        (Disk, unwritten) = (unwritten, null);
        voter.Persisted(isOk: true);
        return true;
    }
}
