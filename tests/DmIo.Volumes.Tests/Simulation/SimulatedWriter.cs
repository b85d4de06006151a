using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// A process with a writer: carries its requests to members and its steps to legs, and the operations of users to it,
/// like the product's device and actor. Operations in flight do not overlap, unless both are reads: the queue of the
/// device in front of a volume sees to that.
/// </summary>
internal sealed class SimulatedWriter : IWriterHost
{
    private readonly SimulatedVolume volume;
    private readonly Guid owner;
    private readonly CopyWork copies;
    private bool areRequestsDue;

    internal SimulatedWriter(SimulatedVolume volume, int number, int host, VolumeRecord known)
    {
        (this.volume, Number, Host, owner) = (volume, number, host, volume.NextGuid());
        Members = new WriterMembers(volume, this, known);
        Verification = new VerifyWork(volume, this);
        Freeze = new FreezeWork(volume, this);
        copies = new CopyWork(volume, this);
        Core = NewCore();
    }

    /// <summary>The number of the process, never used again.</summary>
    internal int Number { get; }

    internal int Host { get; }

    internal WriterMembers Members { get; }

    internal VerifyWork Verification { get; }

    internal FreezeWork Freeze { get; }

    internal VolumeWriter Core { get; private set; }

    internal WriterState State => Core.State;

    /// <summary>The process has ended.</summary>
    internal bool IsDead { get; private set; }

    /// <summary>The writer was active in an earlier state.</summary>
    internal bool WasActive { get; set; }

    /// <summary>A voter has promised a higher epoch, so that its leg cannot return in this one.</summary>
    internal bool IsRefused { get; private set; }

    /// <summary>The operations that were submitted to the writer and are not answered, in order.</summary>
    internal List<UserOperation> Unanswered { get; } = [];

    /// <summary>The operations that overlap an earlier one.</summary>
    internal List<UserOperation> Held { get; } = [];

    /// <summary>The operations of users that are not answered.</summary>
    internal int Waiting => Unanswered.Count + Held.Count;

    internal TimeSpan Now => volume.ClockOf(Host);

    internal void Begin() => Take(() =>
    {
        (WasActive, IsRefused) = (false, false);
        Core.Begin(volume.Options.SharesGuid ? new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) : volume.NextGuid());
        var core = Core;
        volume.Events.After(TimeSpan.FromSeconds(1), () => Take(() =>
        {
            core.TakeOver.IsGraceOver = true;
            core.Tick(Now);
        }));
    });

    /// <summary>Takes the volume over from itself: the legs are cut and drained, and the operations without an answer
    /// are sent again in order of arrival.</summary>
    internal void Restart()
    {
        volume.Log?.Add($"writer {Number} restarts");
        var again = Unanswered.ToArray();
        var earlier = Core;
        Members.Read();
        Core = NewCore();
        Core.Continue(earlier);
        foreach (var user in again)
        {
            var from = volume.Options.RepeatsReplacedWrites ? null : user.SentIn;
            Core.Submit(new SubmittedOperation(user) { RepeatedFrom = from }, Now);
        }

        Begin();
    }

    /// <summary>The process ends.</summary>
    internal void Crash()
    {
        volume.Log?.Add($"writer {Number} ends");
        IsDead = true;
        foreach (var user in Unanswered.Concat(Held))
        {
            volume.History.Ended(user, null);
        }

        Unanswered.Clear();
        Held.Clear();
    }

    /// <summary>Does something on the turn of the writer.</summary>
    internal void Take(Action input)
    {
        if (IsDead)
        {
            return;
        }

        input();
        if (areRequestsDue)
        {
            areRequestsDue = false;
            SendRequests();
        }

        volume.Checks.WriterChanged(this);
    }

    internal void SendRequests()
    {
        foreach (var member in Members.Voters)
        {
            if (Core.VoteRequestTo(member.Number) is { } vote)
            {
                Ask(member, Lane.Vote, vote);
            }

            if (Core.LegRequestTo(member.Number) is { } request)
            {
                Ask(member, Lane.Leg, request);
            }

            if (Core.LeaseRequestTo(member.Number) is { } lease)
            {
                Ask(member, Lane.Lease, lease);
            }
        }
    }

    internal void Ask(SimulatedMember member, Lane lane, VoterRequest request) =>
        volume.Send(Host, member.Host, () => member.Receive(this, lane, request));

    internal void Replied(SimulatedMember member, VoterReply reply, LegGrant? grant) => Take(() =>
    {
        if (Members.Find(member.Number) != member)
        {
            return;
        }

        var connection = Members.ConnectionTo(member);
        connection.Grant = grant ?? connection.Grant;
        IsRefused |= reply is Refused refused && State.HasRecord && refused.Promised > State.Epoch;
        if (reply is Promise promise && !Members.Learn(promise.Record))
        {
            Restart();
            return;
        }

        Core.Replied(member.Number, reply, Now);
    });

    /// <summary>The connection to a leg is lost, or it is given up: nothing that was sent is answered.</summary>
    internal void Disconnect(SimulatedMember member) => Members.ConnectionTo(member).Disconnect();

    /// <summary>How long the oldest I/O has been in flight on a leg.</summary>
    internal TimeSpan OldestOn(int member) => Members.Leg(member).Oldest;

    /// <summary>The grant of a leg is in force.</summary>
    internal bool Holds(int member) => Members.Leg(member).IsInForce;

    /// <summary>A user submits an operation.</summary>
    internal void Submit(UserOperation user)
    {
        user.IsReplaced = user.Session != 0 && user.Session < State.Chosen.Session;
        volume.History.Begin(user);
        volume.Log?.Add($"writer {Number}: {user} is submitted");
        var isHeld = Unanswered.Concat(Held).Any(other => other.Conflicts(user)) && !volume.Options.ReadsPassWrites;
        if (isHeld || Freeze.IsFrozen)
        {
            Held.Add(user);
        }
        else
        {
            SubmitNow(new SubmittedOperation(user));
        }
    }

    public void RequestsChanged() => areRequestsDue = true;

    public void StateChanged() => volume.Log?.Add(
        $"writer {Number}: {Core?.TakeOver.Phase}, S={Core?.State.InSync} of "
        + $"{Core?.State.Chosen.Configuration.Legs}, fenced {Core?.State.IsFenced}");

    public void ReadMaps(int leg)
    {
        var (member, core) = (Members.Member(leg), Core);
        if (member.Superblock.State == LegState.Blank && volume.Options.SkipsBlankMaps)
        {
            volume.Events.After(volume.DrawLatency(), () => Take(() => core.MapsRead(leg, null, Now)));
            return;
        }

        Members.Leg(leg).ReadMaps((result, maps) =>
        {
            if (result != LegResult.Ok)
            {
                core.LegLost(leg, Now);
            }
            else
            {
                core.MapsRead(leg, member.Superblock.State == LegState.Blank ? null : maps, Now);
            }
        });
    }

    public void WriteActive(ActiveStep step)
    {
        foreach (var member in step.Targets)
        {
            var bits = new RegionSet(State.Legs[member].Active);
            if (step.IsMark)
            {
                bits.UnionWith(step.Extents);
            }
            else
            {
                bits.ExceptWith(step.Extents);
            }

            WriteMaps(step, member, Members.Leg(member).Pages.EncodeActive(step.Extents, bits));
        }
    }

    public void WriteMissed(MissedStep step)
    {
        foreach (var holder in step.Targets)
        {
            var writes = new List<MapWrite>();
            foreach (var member in State.Chosen.Configuration.Legs)
            {
                var missed = member == holder ? new RegionSet() : State.MissedOnDisk(member);
                Members.Leg(holder).Pages.EncodeMissed((byte)member, missed, writes);
            }

            WriteMaps(step, holder, writes);
        }
    }

    public void Write(ClientOperation operation)
    {
        var user = ((SubmittedOperation)operation).User;
        user.SentIn = State.Epoch;
        var sectors = new byte[]?[user.Count];
        Array.Fill(sectors, user.Kind == IoOperation.Write ? user.Content : null);
        foreach (var member in operation.Targets)
        {
            WriteData(operation, member, user.Start, sectors, user.IsForced);
        }
    }

    public void Read(ClientOperation operation)
    {
        var (user, member, core) = (((SubmittedOperation)operation).User, operation.Targets.First, Core);
        var io = new LegIo(IoOperation.Read, Members.Member(member).DataStart + user.Start, user.Count)
        {
            Grant = Members.Leg(member).Grant,
        };
        Members.Leg(member).Send(io, result =>
        {
            // The result of an attempt that was given up does not count: the product waits for it before the next one.
            user.Found = operation.Waiting[member] ? io.Sectors : user.Found;
            core.Completed(operation, member, result, Now);
        });
    }

    public void Zero(ZeroStep step)
    {
        var (start, end) = ((int)step.Start.Sectors.Value, (int)step.End.Sectors.Value);
        foreach (var member in step.Targets)
        {
            WriteData(step, member, start, new byte[]?[end - start], isForced: false);
        }
    }

    public void Flush(FlushStep step)
    {
        var core = Core;
        foreach (var member in step.Targets)
        {
            var io = new LegIo(IoOperation.Flush, 0, 0) { Grant = Members.Leg(member).Grant };
            Members.Leg(member).Send(io, result => core.Completed(step, member, result, Now));
        }
    }

    public void Copy(CopyStep step) => copies.Start(step);

    public void Verify(VerifyStep step) => Verification.Start(step);

    public long LoadOf(int leg) => 0;

    public void Answer(ClientOperation operation, OperationOutcome outcome)
    {
        var user = ((SubmittedOperation)operation).User;
        volume.Log?.Add($"writer {Number}: {user} is {outcome}");
        if (!Unanswered.Remove(user))
        {
            throw new InvalidOperationException($"{user} is answered twice, now with {outcome}.");
        }

        volume.Checks.Answered(this, user, outcome);
        if (operation.ReportsPowerLoss)
        {
            volume.History.Ended(user, outcome);
        }

        user.Outcome = outcome;
        volume.Events.After(TimeSpan.Zero, () => Take(Release));
        user.Answered?.Invoke();
    }

    /// <summary>Submits what does not overlap anything any more, unless the volume is frozen.</summary>
    internal void Release()
    {
        for (var i = 0; i < Held.Count && !Freeze.IsFrozen; i++)
        {
            var user = Held[i];
            if (!Unanswered.Concat(Held.Take(i)).Any(user.Conflicts))
            {
                Held.RemoveAt(i--);
                SubmitNow(new SubmittedOperation(user));
            }
        }
    }

    private VolumeWriter NewCore() =>
        new(this, volume.Options.WriterRules, owner, Members.Known, volume.Options.Policy);

    internal void SubmitNow(SubmittedOperation operation)
    {
        Unanswered.Add(operation.User);
        Core.Submit(operation, Now);
    }

    internal void WriteData(
        WriterStep step, int member, int start, byte[]?[] sectors, bool isForced, VolumeWriter? sender = null)
    {
        var core = sender ?? Core;
        var io = new LegIo(IoOperation.Write, Members.Member(member).DataStart + start, sectors.Length)
        {
            Sectors = sectors,
            IsForced = isForced,
            Grant = Members.Leg(member).Grant,
        };
        Members.Leg(member).Send(io, result => core.Completed(step, member, result, Now));
    }

    private void WriteMaps(WriterStep step, int member, List<MapWrite> writes)
    {
        var core = Core;
        volume.Log?.Add($"writer {Number}: {step.GetType().Name} writes {writes.Count} pages on leg {member}");
        Members.Leg(member).WriteMaps(writes, result => core.Completed(step, member, result, Now));
    }
}
