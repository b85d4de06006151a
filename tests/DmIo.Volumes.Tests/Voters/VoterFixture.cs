using DmIo.Io;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;

namespace DmIo.Volumes.Tests.Voters;

/// <summary>A voter beside leg 0 of two, whose disk and device the test completes.</summary>
internal sealed class VoterFixture : IVoterHost
{
    internal static readonly Guid OwnerA = new(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    internal static readonly Guid OwnerB = new(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    internal static readonly Guid FirstIncarnation = new(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private VoterState? unwritten;

    internal VoterFixture(bool isDrained = true, TimeSpan leaseEnd = default, VoterState? durable = null)
    {
        Voter = new Voter(
            this, new VoterRules(), durable ?? new VoterState { Member = 0, Record = First, Leg = LegState.InSync },
            FirstIncarnation, isDrained, leaseEnd);
    }

    internal static VolumeRecord First { get; } = new()
    {
        Version = new RecordVersion(Epoch.None, 0),
        Configuration = VolumeConfiguration.Of(QuorumRule.Majority, [OwnerA, OwnerB], []),
        Size = ByteSize.FromBytes(1 << 20),
        InSync = MemberSet.FirstMembers(2),
        Lineage = OwnerA,
    };

    internal Voter Voter { get; }

    /// <summary>A cut was asked for, and is not drained.</summary>
    internal bool IsDraining { get; private set; }

    /// <summary>The generation of the last grant.</summary>
    internal ulong Generation { get; private set; }

    internal bool IsWriting => unwritten is not null;

    internal TimeSpan Now { get; set; } = TimeSpan.FromMinutes(1);

    public void Persist(VoterState state) => unwritten = state;

    public void CutAndDrain() => IsDraining = true;

    public void Grant(ulong generation) => Generation = generation;

    internal static Epoch EpochOf(ulong round, Guid? attempt = null) => new(round, attempt ?? OwnerA);

    internal static VolumeRecord RecordOf(ulong round, ulong number = 1) =>
        First with { Version = new RecordVersion(EpochOf(round), number) };

    internal VoterReply? Ask(VoterRequest request) => Voter.Handle(request, Now);

    /// <summary>Repeats a request until the disk has written everything that it needs.</summary>
    internal VoterReply? AskAndWrite(VoterRequest request)
    {
        for (; ; )
        {
            var reply = Ask(request);
            if (!IsWriting)
            {
                return reply;
            }

            Written();
        }
    }

    internal void Written(bool isOk = true)
    {
        unwritten = null;
        Voter.Persisted(isOk);
    }

    internal void Drained()
    {
        IsDraining = false;
        Voter.Drained();
    }

    /// <summary>A writer of the epoch has the leg.</summary>
    internal void Grant(ulong round, int attempt)
    {
        AskAndWrite(new Prepare(EpochOf(round), OwnerA));
        AskAndWrite(new Accept(RecordOf(round)));
        AskAndWrite(new Attach(EpochOf(round), attempt, Guid.Empty));
    }
}
