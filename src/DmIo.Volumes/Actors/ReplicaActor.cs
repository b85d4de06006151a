using Akka.Actor;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;

namespace DmIo.Volumes.Actors;

/// <summary>
/// The carrier of a voter: writes its superblock, cuts the grants of its leg, repeats requests that wait.
/// <code>
///   Ask(lane, request)     --> Told(member, lane's reply)    a later request of the same lane replaces the earlier one
///   EndContinuity(token)   --> ContinuityEnded(token)        the failure of the leg may be answered
/// </code>
/// It answers nothing before its superblock was written again after the start (VR10).
/// </summary>
internal sealed class ReplicaActor : ReceiveActor, IVoterHost
{
    private static readonly TimeSpan DrainLimit = VolumeTiming.Lease + TimeSpan.FromSeconds(10);

    private readonly LegStore store;
    private readonly Continuity current;
    private readonly Dictionary<(IActorRef Writer, Lane Lane), VoterRequest> waiting = [];
    private readonly List<(IActorRef Writer, EndContinuity Ask)> faults = [];
    private readonly VolumeOpening opening;
    private readonly LegDrain drain;
    private Voter? voter;
    private LegGate? gate;

    /// <param name="store">The metadata of the leg.</param>
    /// <param name="current">What identifies the caches below the leg now.</param>
    /// <param name="opening">The volume.</param>
    /// <param name="drain">Gets what another replica of the leg must wait for.</param>
    public ReplicaActor(LegStore store, Continuity current, VolumeOpening opening, LegDrain drain)
    {
        (this.store, this.current, this.opening, this.drain) = (store, current, opening, drain);
        Receive<Ask>(ask =>
        {
            waiting[(Sender, ask.Lane)] = ask.Request;
            Answer();
        });
        Receive<EndContinuity>(ask =>
        {
            faults.Add((Sender, ask));
            Answer();
        });
        Receive<Written>(written =>
        {
            if (!written.IsOk)
            {
                // A voter that cannot write its state does not vote; the volume looks for the leg again.
                Context.Stop(Self);
                return;
            }

            if (voter is null)
            {
                Start();
            }
            else
            {
                voter.Persisted(isOk: true);
            }

            Answer();
        });
        Receive<Drained>(drained =>
        {
            if (drained.Gate is null || drained.Gate == gate)
            {
                voter!.Drained();
                Answer();
            }
        });
        Receive<DrainLimitPassed>(passed =>
        {
            if (passed.Gate == gate)
            {
                voter!.DrainLimitPassed();
                Answer();
            }
        });
    }

    /// <summary>Which of a writer's requests is meant: one of each lane can wait.</summary>
    internal enum Lane
    {
        /// <summary>Epochs and records.</summary>
        Vote,

        /// <summary>The leg.</summary>
        Leg,

        /// <summary>The lease.</summary>
        Lease,
    }

    public void Persist(VoterState state) => Write(state.In(store.Superblock, current));

    public void CutAndDrain()
    {
        var cut = gate;
        var self = Self;
        if (cut is null)
        {
            self.Tell(new Drained(null));
            return;
        }

        cut.CutAndDrain();
        _ = cut.Drained.PipeTo(self, success: () => new Drained(cut));
        Context.System.Scheduler.ScheduleTellOnce(DrainLimit, self, new DrainLimitPassed(cut), ActorRefs.NoSender);
    }

    public void Grant(ulong generation)
    {
        gate = new LegGate();
        drain.Add(gate.Drained);
    }

    /// <inheritdoc/>
    protected override void PreStart() => Write(store.Superblock);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        gate?.CutAndDrain();
        drain.Add(store.Released);
    }

    private void Write(Superblock superblock) => _ = WriteAsync(superblock).PipeTo(
        Self, success: isOk => new Written(isOk), failure: static _ => new Written(false));

    /// <summary>A device whose flush failed refuses writes until it is reopened. With its cache, writes that were
    /// answered are lost: no read may reach the leg afterwards, and the end of the continuity becomes durable
    /// (VM8). A voter that did not know of it does not answer.</summary>
    private async Task<bool> WriteAsync(Superblock superblock)
    {
        var (used, isStarting) = (gate, voter is null);
        if (await store.WriteSuperblockAsync(superblock))
        {
            return true;
        }

        if (!await opening.HasStoppedAsync(store.MetadataDevice))
        {
            return store.Released.IsCompletedSuccessfully && await store.WriteSuperblockAsync(superblock);
        }

        used?.CutAndDrain();
        await (used?.Drained.WaitAsync(DrainLimit, opening.Clock) ?? Task.CompletedTask);
        await opening.ReopenAsync(store.MetadataDevice);
        var continuity = superblock.Continuity;
        return await store.WriteSuperblockAsync(
            superblock with { Continuity = continuity with { IsEnded = true } }) && (isStarting || continuity.IsEnded);
    }

    private void Start() => voter = new Voter(
        this,
        new VoterRules(),
        VoterState.Of(store.Superblock, current),
        Guid.NewGuid(),
        isDrained: true,
        leaseEnd: TimeSpan.Zero)
    {
        IsTooSmall = opening.IsTooSmall(store),
    };

    /// <summary>Repeats what waits: each change of the voter may have answered it.</summary>
    private void Answer()
    {
        if (voter is null)
        {
            return;
        }

        AnswerFaults();
        foreach (var (key, request) in waiting.ToArray())
        {
            var reply = voter.Handle(request, VolumeTiming.Now(opening.Clock));
            if (reply is not Waiting)
            {
                waiting.Remove(key);
            }

            if (reply is not (null or Waiting))
            {
                key.Writer.Tell(new Told(store.Superblock.Member, reply, reply is Granted ? gate : null));
            }
        }
    }

    private void AnswerFaults()
    {
        for (var i = 0; i < faults.Count; i++)
        {
            if (voter!.EndContinuity(faults[i].Ask.Fresh, faults[i].Ask.IsTruncated))
            {
                faults[i].Writer.Tell(new ContinuityEnded(faults[i].Ask));
                faults.RemoveAt(i--);
            }
        }
    }

    /// <summary>A request of a writer.</summary>
    internal sealed record Ask(Lane Lane, VoterRequest Request) : INoSerializationVerificationNeeded;

    /// <summary>A reply; with <see cref="Granted"/>, the gate of the grant.</summary>
    internal sealed record Told(int Member, VoterReply Reply, LegGate? Gate) : INoSerializationVerificationNeeded;

    /// <summary>A write or flush of the leg failed (VM8).</summary>
    /// <param name="Fresh">A fresh Guid.</param>
    /// <param name="Completion">What is to be completed when the continuity has ended.</param>
    /// <param name="IsTruncated">The file of the leg was truncated.</param>
    internal sealed record EndContinuity(Guid Fresh, IVolumeInput Completion, bool IsTruncated)
        : INoSerializationVerificationNeeded;

    internal sealed record ContinuityEnded(EndContinuity Ask) : INoSerializationVerificationNeeded;

    private sealed record Written(bool IsOk) : INoSerializationVerificationNeeded;

    private sealed record Drained(LegGate? Gate) : INoSerializationVerificationNeeded;

    private sealed record DrainLimitPassed(LegGate Gate) : INoSerializationVerificationNeeded;
}
