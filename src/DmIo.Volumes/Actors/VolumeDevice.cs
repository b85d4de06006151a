using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Writing;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Volumes.Actors;

/// <summary>
/// A volume as a device of the service: carries the operations of its users to the writer, and the steps of the writer
/// to the legs. The writer runs on the turn of the device's actor; before the device is attached, on a pool thread.
/// Everything else (results of legs, replies of voters, timers) is an input that waits for a turn.
/// </summary>
internal sealed class VolumeDevice : IBlockDevice, IWriterHost
{
    /// <summary>How long the volume counts as busy after an operation of a user.</summary>
    private static readonly TimeSpan BusyFor = TimeSpan.FromMilliseconds(100);

    private readonly InputQueue inputs;
    private readonly VolumeLeg?[] legs = new VolumeLeg?[MemberSet.Capacity];
    private readonly IoClient client;
    private readonly TimeProvider clock;
    private readonly LegMapsIo maps;
    private readonly CopyTransfers copies;
    private readonly VolumeOutcomes outcomes;
    private readonly Stack<LegRequest> idle = new();
    private readonly LinkedList<VolumeOperation> unanswered = new();
    private readonly Guid owner = Guid.NewGuid();
    private readonly IdleExtents idleExtents = new();
    private readonly TaskCompletionSource ownerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DeviceHost? host;
    private volatile VolumeRecord record;
    private readonly WriterPolicy policy;
    private bool areRequestsDue;
    private TimeSpan lastUse;

    /// <param name="client">The lease of the volume.</param>
    /// <param name="copyClient">The lease of its copies, of <see cref="CopyTransfers.Pages"/> pages.</param>
    /// <param name="known">A record of the volume.</param>
    /// <param name="stores">The legs and witnesses that were found.</param>
    /// <param name="description">Its description.</param>
    /// <param name="clock">The clock of leases.</param>
    /// <param name="policy">What the volume does while it cannot serve.</param>
    internal VolumeDevice(
        IoClient client,
        IoClient copyClient,
        VolumeRecord known,
        IEnumerable<LegStore> stores,
        VolumeDescription description,
        TimeProvider clock,
        WriterPolicy policy)
    {
        (this.client, this.clock, this.policy) = (client, clock, policy);
        inputs = new InputQueue(this, Advance);
        (maps, copies, outcomes) =
            (new LegMapsIo(this), new CopyTransfers(this, copyClient), new VolumeOutcomes(this));
        foreach (var store in stores)
        {
            Add(store);
        }

        record = known;
        Writer = new VolumeWriter(this, new WriterRules(), owner, known, policy);
        Size = description;
    }

    /// <inheritdoc/>
    public DeviceDescription Description => Size.Current;

    /// <summary>Its size as a device.</summary>
    internal VolumeDescription Size { get; }

    /// <summary>Held while the volume is open.</summary>
    internal required HostLock HostLock { get; init; }

    /// <summary>Answers questions about extents.</summary>
    internal required VolumeExtents Extents { get; init; }

    /// <summary>What is copied in the background. Used only on a turn.</summary>
    internal required Synchronization Synchronization { get; init; }

    /// <inheritdoc cref="VolumeOptions.ComparesResync"/>
    internal bool ComparesCopies { get; init; }

    /// <summary>The newest record that is known to be chosen. Thread-safe.</summary>
    internal VolumeRecord Record => record;

    /// <summary>The freeze; null: the volume is not frozen. Used only on a turn.</summary>
    internal VolumeFreeze? Freeze { get; set; }

    /// <summary>Nothing is in flight that changes data or maps.</summary>
    internal bool IsDrained =>
        unanswered.Count == 0 && Writer is { CopyCount: 0, IsCooling: false, Growth.IsIdle: true };

    /// <summary>What the last leg answered that failed to write the zeroes of a growth. Used only on a turn.</summary>
    internal IoStatus ZeroFailure { get; set; }

    /// <summary>The writer. Used only on a turn.</summary>
    internal VolumeWriter Writer { get; private set; }

    /// <summary>The time on the clock of leases.</summary>
    internal TimeSpan Now => VolumeTiming.Now(clock);

    /// <summary>The actor that repeats requests and is told of changes.</summary>
    internal IActorRef Owner { get; set; } = ActorRefs.Nobody;

    /// <inheritdoc/>
    public void Attach(DeviceHost host) => this.host = host;

    /// <inheritdoc/>
    public void Poll() => inputs.Run();

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var submitted = new VolumeOperation(operation, new OperationCompletion());
        var task = submitted.Completion.Task;
        inputs.Add(submitted);
        inputs.Run();
        return task;
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        Extents.Get(start, count, max);

    /// <summary>Closes the volume: makes the legs equal on disk, and writes that into the record, if that is possible
    /// soon.</summary>
    public async ValueTask DisposeAsync()
    {
        host = null;
        if (!Owner.IsNobody())
        {
            Owner.Tell(VolumeActor.Close.Instance, ActorRefs.NoSender);
            await ownerEnded.Task.ConfigureAwait(false);
        }

        await copies.Client.DisposeAsync().ConfigureAwait(false);
        await client.DisposeAsync().ConfigureAwait(false);
        HostLock.Dispose();
    }

    /// <summary>Adds an input, from any thread.</summary>
    internal void Post(IVolumeInput input)
    {
        inputs.Add(input);
        if (host is { } attached)
        {
            attached.Wake();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Run(), inputs, preferLocal: false);
        }
    }

    /// <summary>Adds an input, from any thread.</summary>
    internal void Post(Action<VolumeDevice> input) => Post(new VolumeInput(input));

    /// <summary>Adds an input for a writer, which is dropped if the writer is replaced before.</summary>
    internal void PostTo(VolumeWriter writer, Action<VolumeDevice> input) => Post(volume =>
    {
        if (volume.Writer == writer)
        {
            input(volume);
        }
    });

    /// <summary>The volume is closed, or its actor was stopped.</summary>
    internal Task Closed => ownerEnded.Task;

    /// <summary>The actor has closed the volume, or was stopped.</summary>
    internal void OwnerEnded() => ownerEnded.TrySetResult();

    /// <summary>The voter has granted a leg.</summary>
    internal void Granted(int member, LegGate gate)
    {
        legs[member]!.Gate = gate;
        Truncated.Granted(member);
    }

    /// <summary>Submits an operation to the writer, or holds it until the volume is thawed.</summary>
    internal void Submit(VolumeOperation operation)
    {
        if (Freeze is { } freeze)
        {
            freeze.Hold(operation);
        }
        else
        {
            SubmitNow(operation);
        }
    }

    internal void SubmitNow(VolumeOperation operation)
    {
        lastUse = Now;
        operation.Node = unanswered.AddLast(operation);
        Writer.Submit(operation, lastUse);
    }

    /// <summary>Takes the volume over from itself: the legs are cut and drained, and the operations without an answer
    /// are sent again in order of arrival.</summary>
    internal void Restart()
    {
        var (again, earlier) = (unanswered.ToArray(), Writer);
        unanswered.Clear();
        copies.Clear();
        Writer = new VolumeWriter(this, new WriterRules(), owner, earlier.State.Chosen, policy);
        Writer.Continue(earlier);
        foreach (var operation in again)
        {
            operation.Completion.Repeated = null;
            SubmitNow(new VolumeOperation(operation.Device, operation.Completion)
            {
                ReportsPowerLoss = operation.ReportsPowerLoss,
                RepeatedFrom = operation.Targets.IsEmpty ? operation.RepeatedFrom : earlier.State.Epoch,
            });
        }

        Writer.Begin(Guid.NewGuid());
    }

    /// <summary>The leg or witness was found.</summary>
    internal bool Has(int member) => legs[member] is not null;

    /// <summary>The leg or witness by its device with the data, or by the text of its devices; null: none.</summary>
    internal int? MemberOn(string device)
    {
        var member = Array.FindIndex(
            legs, leg => leg is not null && (leg.Store.Device == device || leg.Store.Devices == device));
        return member < 0 ? null : member;
    }

    /// <summary>The devices with the data of members; empty: not known any more.</summary>
    internal List<string> NamesOf(MemberSet members) =>
        [.. legs.Index().Where(leg => members[leg.Index]).Select(leg => leg.Item?.Store.Device ?? "")];

    /// <summary>Why legs were lost.</summary>
    internal LegCauses Causes { get; } = new();

    /// <summary>The legs that lack data of unknown extent.</summary>
    internal TruncatedLegs Truncated { get; } = new();

    /// <summary>A leg or witness was found.</summary>
    internal void Add(LegStore store) => legs[store.Superblock.Member] = new VolumeLeg(store);

    /// <summary>The member was removed from the volume.</summary>
    internal void Remove(int member) => legs[member] = null;

    /// <summary>What is in flight on a leg ends as TimedOut, also writes of its superblock.</summary>
    internal void GiveUp(int member)
    {
        foreach (var device in LegOf(member).Store.Devices.All)
        {
            client.GiveUp(device);
            copies.Client.GiveUp(device);
        }
    }

    /// <summary>Called once a second.</summary>
    internal void CoolIdle()
    {
        if (Freeze is null)
        {
            idleExtents.Cool(Writer, Now);
        }
    }

    void IWriterHost.RequestsChanged() => areRequestsDue = true;

    void IWriterHost.StateChanged() => Owner.Tell(VolumeActor.StateChanged.Instance);

    void IWriterHost.ReadMaps(int leg) => maps.Read(leg);

    void IWriterHost.WriteActive(ActiveStep step) => maps.Write(step);

    void IWriterHost.WriteMissed(MissedStep step) => maps.Write(step);

    void IWriterHost.Write(ClientOperation operation) => Send((VolumeOperation)operation);

    void IWriterHost.Read(ClientOperation operation) => Send((VolumeOperation)operation);

    void IWriterHost.Zero(ZeroStep step) => copies.Start(step);

    void IWriterHost.Flush(FlushStep step) => Send(step, step.Targets, default, new LegIo(IoOperation.Flush));

    void IWriterHost.Copy(CopyStep step) => copies.Start(step);

    void IWriterHost.Verify(VerifyStep step) => copies.Start(step);

    void IWriterHost.Differs(int leg) => Causes.NoteDifference(leg);

    long IWriterHost.LoadOf(int leg) => legs[leg]?.Gate?.Count ?? 0;

    void IWriterHost.Answer(ClientOperation operation, OperationOutcome outcome)
    {
        var answered = (VolumeOperation)operation;
        unanswered.Remove(answered.Node!);
        answered.Completion.Answer(answered.ResultOf(outcome, Writer.Suspension.Reason) with
        {
            Detail = outcomes.Of(answered),
        });
    }

    /// <summary>Sends a step to legs as one request.</summary>
    internal void Send(WriterStep step, MemberSet targets, LegRange range, in LegIo io)
    {
        var request = idle.TryPop(out var reused) ? reused : new LegRequest(this);
        request.Send(step, targets, range, io);
    }

    internal void Return(LegRequest request) => idle.Push(request);

    /// <summary>Idle I/O is that of copies, which have a lease of their own.</summary>
    internal bool TrySend(IoRequest request) =>
        (request.Priority == IoPriority.Idle ? copies.Client : client).TrySend(request);

    internal VolumeLeg LegOf(int member) => legs[member]!;

    /// <summary>Sends a read that waits for the end of its first attempt. A leg that was given up in that attempt may
    /// still write to the memory: then the read fails.</summary>
    internal void Repeat(OperationCompletion completion)
    {
        var read = completion.TakeRepeated();
        if (read is not null && completion.IsRetained)
        {
            read.LastFailure = VolumeOperation.MemoryInUse;
            Writer.Completed(read, read.Targets.First, LegResult.MemoryInUse, Now);
        }
        else if (read is not null)
        {
            Send(read);
        }
    }

    /// <summary>Ends the continuity of a leg, and completes the failed request then (VM8).</summary>
    internal void EndContinuity(int member, IVolumeInput completion, bool isTruncated) =>
        Owner.Tell(new VolumeActor.LegFailed(member, legs[member]?.Failed(completion) ?? completion, isTruncated));

    private void Send(VolumeOperation operation)
    {
        var device = operation.Device;
        if (operation.Operation != IoOperation.Read)
        {
            idleExtents.Written(operation.Extents);
        }
        else if (operation.Completion.IsInUse)
        {
            operation.Completion.Repeated = operation;
            Post(volume => volume.Repeat(operation.Completion));
            return;
        }

        Send(operation, operation.Targets, new LegRange(device.Start, device.Count), new LegIo(
            operation.Operation, operation.Memory)
        {
            ForceUnitAccess = device.ForceUnitAccess,
            Zeroing = device.Zeroing,
        });
    }

    /// <summary>After the inputs of a turn: goes on with the work in the background.</summary>
    private void Advance()
    {
        var state = Writer.State;
        if (Freeze is { } freeze)
        {
            freeze.Advance();
        }
        else if (!state.Unresolved.IsEmpty || !state.Syncing.IsEmpty || Synchronization.Verification is not null)
        {
            Synchronization.Run(Writer, Now, isBusy: Now - lastUse < BusyFor);
        }

        record = state.Chosen;
        if (state.IsActive && Size.Grow(record.Size))
        {
            host?.Grown(Description.Capacity);
        }

        Extents.Source = state is { IsActive: true, IsFenced: false, Unresolved.IsEmpty: true, Live.IsEmpty: false }
            ? LegOf(state.Live.First).Store
            : null;

        if (areRequestsDue)
        {
            areRequestsDue = false;
            VoterRequests.Send(this);
        }
    }
}
