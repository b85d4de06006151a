using Akka.Actor;
using Akka.Event;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// The life of an open volume: carries requests to voters and their replies, renews the lease, and decides when work in
/// the background is done. Never touches the writer itself: it posts inputs to the device.
/// <code>
///   Begin --> (take-over) --> Opened or nothing yet     Close --> (stops)
///   Forward(member, ask)    to the replica of a member; dropped while there is none
/// </code>
/// </summary>
internal sealed class VolumeActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private const int RestartTicks = 20;
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CoolInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(4);

    private readonly VolumeDevice device;
    private readonly VolumeOpening opening;
    private readonly IActorRef?[] replicas = new IActorRef?[MemberSet.Capacity];
    private readonly LegStore?[] stores = new LegStore?[MemberSet.Capacity];
    private readonly LegDrain[] drains = [.. Enumerable.Range(0, MemberSet.Capacity).Select(_ => new LegDrain())];
    private readonly ILoggingAdapter log = Context.GetLogger();
    private readonly List<IActorRef> waitForOpen = [];
    private readonly List<LegFailed> failures = [];
    private MemberSet ended;
    private MemberSet used;
    private readonly LegWatch legs;
    private int stuckTicks;
    private readonly StateLog stateLog;
    private bool isLooking;
    private bool stops;

    /// <param name="device">The volume.</param>
    /// <param name="opening">Its legs, and how they are found.</param>
    public VolumeActor(VolumeDevice device, VolumeOpening opening)
    {
        (this.device, this.opening, legs) = (device, opening, new LegWatch(opening));
        stateLog = new StateLog(log, opening.Clock);
        device.Owner = Self;
        Receive<Forward>(forward => replicas[forward.Member]?.Tell(forward.Ask, Self));
        Receive<ReplicaActor.Told>(told => device.Post(volume => Take(volume, told)));
        Receive<LegFailed>(failed => EndContinuity(failed));
        Receive<ReplicaActor.ContinuityEnded>(ended =>
        {
            failures.RemoveAll(failed => failed.Completion == ended.Ask.Completion);
            device.Post(ended.Ask.Completion);
        });
        Receive<StateChanged>(_ => device.Post(volume => Observe(volume)));
        Receive<Observed>(observed => Publish(observed));
        Receive<WaitForOpen>(_ =>
        {
            // It may serve already.
            waitForOpen.Add(Sender);
            Self.Tell(StateChanged.Instance);
        });
        Receive<Tick>(_ => device.Post(Work));
        Receive<Repeat>(_ => RepeatRequests());
        Receive<Cool>(_ => device.Post(static volume => volume.CoolIdle()));
        Receive<GraceOver>(_ => device.Post(static volume =>
        {
            volume.Writer.TakeOver.IsGraceOver = true;
            volume.Writer.Tick(volume.Now);
        }));
        Receive<RestartGrace>(_ => Timers.StartSingleTimer(GraceOver.Instance, GraceOver.Instance, Grace));
        Receive<Found>(found =>
        {
            isLooking = false;
            if (found.Store is { } store && store.IsMemberOf(device.Record))
            {
                AddReplica(store);
            }
        });
        Receive<VoterChange.Added>(added => AddReplica(added.Store));
        Receive<VoterChange.Removed>(removed => RemoveMember(removed.Member));
        Receive<Terminated>(terminated => RemoveReplica(Array.IndexOf(replicas, terminated.ActorRef)));
        Receive<Close>(_ => BeginClose());
        Receive<TakenOver.Stop>(_ => stops = true);
        Receive<CloseDone>(done => EndClose(done.Release));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        foreach (var store in opening.Stores)
        {
            AddReplica(store);
        }

        Timers.StartSingleTimer(GraceOver.Instance, GraceOver.Instance, Grace);
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TickInterval);
        Timers.StartPeriodicTimer(Repeat.Instance, Repeat.Instance, RepeatInterval);
        Timers.StartPeriodicTimer(Cool.Instance, Cool.Instance, CoolInterval);
        device.Post(volume =>
        {
            volume.Writer.TakeOver.StartsStopped = opening.StartsStopped;
            volume.Writer.Begin(Guid.NewGuid());
        });
    }

    /// <summary>The device waits for the end of the actor, also if the actor system stops it.</summary>
    protected override void PostStop() => device.OwnerEnded();

    private static void Take(VolumeDevice volume, ReplicaActor.Told told)
    {
        if (told.Gate is { } gate)
        {
            volume.Granted(told.Member, gate);
        }

        volume.Writer.Replied(told.Member, told.Reply, volume.Now);
    }

    /// <summary>Does what is due in the background.</summary>
    private void Work(VolumeDevice volume)
    {
        RestartIfStuck(volume);
        legs.Tick(volume);
        volume.Writer.Tick(volume.Now);
        volume.Synchronization.Tick(volume.Writer.State, volume.Now);
    }

    /// <summary>A take-over that was refused, and a writer without a leg, begin again after a while: the legs are cut
    /// and drained then, and may be used again.</summary>
    private void RestartIfStuck(VolumeDevice volume)
    {
        var state = volume.Writer.State;
        var isStuck = !state.IsFenced && (volume.Writer.TakeOver.Phase == TakeOverPhase.Idle
            || (state.HasRecord && state.Live.IsEmpty && state.Failed == state.InSync));
        stuckTicks = isStuck ? stuckTicks + 1 : 0;
        if (stuckTicks > RestartTicks)
        {
            stuckTicks = 0;
            volume.Restart();
            volume.Writer.TakeOver.StartsStopped = opening.StartsStopped;
            volume.Owner.Tell(StateChanged.Instance, ActorRefs.NoSender);
            volume.Owner.Tell(RestartGrace.Instance, ActorRefs.NoSender);
        }
    }

    private void EndContinuity(LegFailed failed)
    {
        if (replicas[failed.Member] is { } replica)
        {
            failures.Add(failed);
            replica.Tell(
                new ReplicaActor.EndContinuity(Guid.NewGuid(), failed.Completion, failed.IsTruncated), Self);
        }
        else
        {
            device.Post(failed.Completion);
        }
    }

    private void RepeatRequests()
    {
        device.Post(volume =>
        {
            VoterRequests.Send(volume);
            if (volume.Writer.State.HasRecord)
            {
                VoterRequests.SendLease(volume, volume.Writer.Suspension.NextLeaseRequest(volume.Now));
            }

            Observe(volume);
        });
        LookForMissing();
    }

    /// <summary>Looks for members without a replica, unless an earlier look has not ended: it waits for devices that
    /// hang.</summary>
    private void LookForMissing()
    {
        if (isLooking)
        {
            return;
        }

        isLooking = true;
        var (present, record) = (MemberSet.None, device.Record);
        var (taken, read) = (new List<LegDevices>(), new HashSet<LegDevices>());
        for (var member = 0; member < replicas.Length; member++)
        {
            // A leg that was removed was found first, then those that have removed it and given its number to another.
            if (replicas[member] is not null && record.Configuration.SlotOf(member) is { } slot
                && slot.Id != stores[member]!.Superblock.Leg)
            {
                RemoveMember(member);
            }

            if (replicas[member] is not null || !drains[member].IsOver)
            {
                present = present.With(member);
                taken.Add(stores[member]!.Devices);
            }

            if (replicas[member] is not null && record.InSync.Count > 1 && record.InSync[member])
            {
                read.Add(stores[member]!.Devices);
            }
        }

        _ = opening.FindMissingAsync(present, taken, used, record, read).PipeTo(
            Self, success: static store => new Found(store), failure: static _ => new Found(null));
    }

    private void AddReplica(LegStore store)
    {
        var member = store.Superblock.Member;
        if (replicas[member] is null)
        {
            var drain = drains[member];
            var current = opening.ContinuityOf(store.Devices) with { IsEnded = ended[member] };
            var replica = Context.ActorOf(Props.Create(() => new ReplicaActor(store, current, opening, drain)));
            Context.Watch(replica);
            (replicas[member], stores[member]) = (replica, store);
            used = used.With(member);
            device.Post(volume =>
            {
                volume.Add(store);
                VoterRequests.Send(volume);
            });
        }
    }

    /// <summary>A voter that could not write the end of its continuity votes no more, so the failure may be
    /// answered; if the leg comes back, its continuity has ended.</summary>
    private void RemoveReplica(int member)
    {
        replicas[member] = null;
        ended = ended.With(member);
        if (member < VolumeConfiguration.MaxLegs)
        {
            // A leg that is being attached would be waited for.
            device.Post(volume =>
            {
                volume.Writer.LegLost(member, volume.Now);
                volume.Causes.Note(member, "its superblock could not be written");
            });
        }

        foreach (var failed in failures.FindAll(failed => failed.Member == member))
        {
            failures.Remove(failed);
            device.Post(failed.Completion);
        }
    }

    private void RemoveMember(int member)
    {
        if (replicas[member] is { } replica)
        {
            Context.Stop(replica);
        }

        device.Post(volume => volume.Remove(member));
    }

    private void Observe(VolumeDevice volume)
    {
        var state = volume.Writer.State;
        volume.Owner.Tell(new Observed(VolumeReport.Of(volume, opening), state.IsActive), ActorRefs.NoSender);
    }

    private void Publish(Observed observed)
    {
        if (stateLog.IsNew(observed.Status))
        {
            Context.System.EventStream.Publish(new VolumeChanged(observed.Status));
        }

        if (!observed.IsActive && observed.Status.State != VolumeState.Stopped)
        {
            return;
        }

        if (waitForOpen.Count != 0)
        {
            Self.Tell(Repeat.Instance);
        }

        waitForOpen.ForEach(waiting => waiting.Tell(new Opened(observed.Status)));
        waitForOpen.Clear();
    }

    private void BeginClose()
    {
        var owner = Self;
        var limit = opening.Clock.GetTimestamp() + (long)(CloseLimit.TotalSeconds * opening.Clock.TimestampFrequency);
        Timers.Cancel(Cool.Instance);
        Timers.Cancel(Tick.Instance);
        device.Post(volume => CloseSoon(volume, owner, limit));
    }

    /// <summary>Cools all extents and proposes the clean record, until it is chosen or the limit passes.</summary>
    private void CloseSoon(VolumeDevice volume, IActorRef owner, long limit)
    {
        var (writer, state) = (volume.Writer, volume.Writer.State);
        if (!state.IsActive || state.IsFenced || (state.Chosen.IsClean && state.Chosen.IsStopped == stops)
            || opening.Clock.GetTimestamp() > limit)
        {
            owner.Tell(new CloseDone(writer.Lease.Release()), ActorRefs.NoSender);
            return;
        }

        // Legs are not synchronized any further: copies in flight would delay the clean record.
        volume.Synchronization.ResolvesOnly = true;
        volume.Synchronization.Tick(state, volume.Now);
        writer.AbandonGrowth(volume.Now);
        writer.Cool(state.ActiveExtents(), volume.Now);
        writer.Clean(volume.Now, stops);
        _ = Task.Delay(TimeSpan.FromMilliseconds(5), opening.Clock).ContinueWith(
            _ => volume.Post(again => CloseSoon(again, owner, limit)), TaskScheduler.Default);
    }

    private void EndClose(Release release)
    {
        foreach (var replica in replicas)
        {
            replica?.Tell(new ReplicaActor.Ask(ReplicaActor.Lane.Lease, release), Self);
        }

        Context.Stop(Self);
    }

    /// <summary>A request for the replica of a member.</summary>
    internal sealed record Forward(int Member, ReplicaActor.Ask Ask) : INoSerializationVerificationNeeded;

    /// <summary>A write or flush of a leg failed; the completion follows when its continuity has ended.</summary>
    internal sealed record LegFailed(int Member, IVolumeInput Completion, bool IsTruncated)
        : INoSerializationVerificationNeeded;

    /// <summary>A leg or the volume has changed its state.</summary>
    internal sealed record StateChanged : INoSerializationVerificationNeeded
    {
        internal static readonly StateChanged Instance = new();
    }

    /// <summary>Answered with <see cref="Opened"/> when the volume serves.</summary>
    internal sealed record WaitForOpen : INoSerializationVerificationNeeded;

    internal sealed record Opened(VolumeStatus Status) : INoSerializationVerificationNeeded;

    internal sealed record Close : INoSerializationVerificationNeeded
    {
        internal static readonly Close Instance = new();
    }

    private sealed record Observed(VolumeStatus Status, bool IsActive) : INoSerializationVerificationNeeded;

    private sealed record Found(LegStore? Store) : INoSerializationVerificationNeeded;

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }

    private sealed record Repeat : INoSerializationVerificationNeeded
    {
        internal static readonly Repeat Instance = new();
    }

    private sealed record Cool : INoSerializationVerificationNeeded
    {
        internal static readonly Cool Instance = new();
    }

    private sealed record GraceOver : INoSerializationVerificationNeeded
    {
        internal static readonly GraceOver Instance = new();
    }

    private sealed record RestartGrace : INoSerializationVerificationNeeded
    {
        internal static readonly RestartGrace Instance = new();
    }

    private sealed record CloseDone(Release Release) : INoSerializationVerificationNeeded;
}
