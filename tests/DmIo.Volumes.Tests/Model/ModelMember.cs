using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Voters;

namespace DmIo.Volumes.Tests.Model;

/// <summary>A member of the modeled volume: a voter and, beside it, a leg with a volatile cache.</summary>
internal sealed class ModelMember : IVoterHost
{
    private readonly VolumeWorld world;
    private Voter voter;
    private VoterState? unwritten;

    internal ModelMember(VolumeWorld world, int number, VoterState state, int blocks)
    {
        (this.world, Number, Disk) = (world, number, state);
        (Current, Durable) = (new byte[blocks], new byte[blocks]);
        voter = Start(state);
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

    /// <summary>The leg has no data of the volume.</summary>
    internal bool IsBlank { get; set; }

    /// <summary>The writer whose I/O reaches the leg; -1: none.</summary>
    internal int GrantedTo { get; private set; } = -1;

    /// <summary>The writer whose request is answered.</summary>
    internal int Asking { get; set; } = -1;

    public void Persist(VoterState state) => unwritten = state;

    /// <summary>What was not done by now is dropped; that it is done instead is another run of the model.</summary>
    public void CutAndDrain()
    {
        if (!world.Options.DrainsNothing)
        {
            Queue.Clear();
        }

        GrantedTo = -1;
        voter.Drained();
    }

    public void Grant(ulong generation) => GrantedTo = Asking;

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
        var fresh = world.NextGuid();
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

    internal void Flush() => Durable = [.. Current];

    internal void DropCache() => Current = [.. Durable];

    internal void LosePower()
    {
        DropCache();
        Queue.Clear();
        (unwritten, GrantedTo, IsUp) = (null, -1, false);
        Disk = Disk with { IsContinuityEnded = true };
        voter = Start(Disk);
    }

    private Voter Start(VoterState state) =>
        new(this, world.Options.VoterRules, state, world.NextGuid(), isDrained: true, TimeSpan.Zero);

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
