using System.Collections.Concurrent;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
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
    private readonly ConcurrentQueue<IVolumeInput> inputs = new();
    private readonly Leg?[] legs = new Leg?[MemberSet.Capacity];
    private readonly IoClient client;
    private readonly TimeProvider clock;
    private readonly Stack<LegRequest> idle = new();
    private readonly LinkedList<VolumeOperation> unanswered = new();
    private readonly Guid owner = Guid.NewGuid();
    private readonly RegionSet written = new();
    private readonly RegionSet cooling = new();
    private readonly TaskCompletionSource ownerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DeviceHost? host;
    private bool areRequestsDue;
    private int isRunning;

    /// <param name="client">The lease of the volume.</param>
    /// <param name="known">A record of the volume.</param>
    /// <param name="stores">The legs and witnesses that were found.</param>
    /// <param name="clock">The clock of leases.</param>
    internal VolumeDevice(IoClient client, VolumeRecord known, IEnumerable<LegStore> stores, TimeProvider clock)
    {
        (this.client, this.clock) = (client, clock);
        foreach (var store in stores)
        {
            Add(store);
        }

        Writer = new VolumeWriter(this, new WriterRules(), owner, known);
        Description = new DeviceDescription
        {
            Backend = "volume",
            Capacity = known.Size,
            MaxDiscard = known.Size,
            MaxWriteZeroes = known.Size,
            HasForceUnitAccess = true,
            HasVolatileCache = true,
        };
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <summary>The writer. Used only on a turn.</summary>
    internal VolumeWriter Writer { get; private set; }

    /// <summary>The time on the clock of leases.</summary>
    internal TimeSpan Now => VolumeTiming.Now(clock);

    /// <summary>The actor that repeats requests and is told of changes.</summary>
    internal IActorRef Owner { get; set; } = ActorRefs.Nobody;

    /// <inheritdoc/>
    public void Attach(DeviceHost host) => this.host = host;

    /// <inheritdoc/>
    public void Poll() => Run();

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var submitted = new VolumeOperation(operation, new OperationCompletion());
        var task = submitted.Completion.Task;
        inputs.Enqueue(submitted);
        Run();
        return task;
    }

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

        await client.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Adds an input, from any thread.</summary>
    internal void Post(IVolumeInput input)
    {
        inputs.Enqueue(input);
        if (host is { } attached)
        {
            attached.Wake();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static device => device.Run(), this, preferLocal: false);
        }
    }

    /// <summary>Adds an input, from any thread.</summary>
    internal void Post(Action<VolumeDevice> input) => Post(new VolumeInput(input));

    /// <summary>The actor has closed the volume, or was stopped.</summary>
    internal void OwnerEnded() => ownerEnded.TrySetResult();

    /// <summary>The voter has granted a leg.</summary>
    internal void Granted(int member, LegGate gate) => legs[member]!.Gate = gate;

    /// <summary>Submits an operation to the writer.</summary>
    internal void Submit(VolumeOperation operation)
    {
        operation.Node = unanswered.AddLast(operation);
        Writer.Submit(operation, Now);
    }

    /// <summary>Takes the volume over from itself: the legs are cut and drained, and the operations without an answer
    /// are sent again in order of arrival.</summary>
    internal void Restart()
    {
        var (again, epoch) = (unanswered.ToArray(), Writer.State.Epoch);
        unanswered.Clear();
        Writer = new VolumeWriter(this, new WriterRules(), owner, Writer.State.Chosen);
        foreach (var operation in again)
        {
            Submit(new VolumeOperation(operation.Device, operation.Completion)
            {
                RepeatedFrom = operation.Targets.IsEmpty ? operation.RepeatedFrom : epoch,
            });
        }

        Writer.Begin(Guid.NewGuid());
    }

    /// <summary>The leg or witness was found.</summary>
    internal bool Has(int member) => legs[member] is not null;

    /// <summary>A leg or witness was found.</summary>
    internal void Add(LegStore store) => legs[store.Superblock.Member] = new Leg(store);

    /// <summary>Waits no longer for a leg.</summary>
    internal void GiveUp(int member)
    {
        client.GiveUp(LegOf(member).Store.Device);
        Writer.LegLost(member, Now);
    }

    /// <summary>Cools the extents that were not written between the last two calls.</summary>
    internal void CoolIdle()
    {
        var extents = new RegionSet();
        foreach (var member in Writer.State.Targets)
        {
            extents.UnionWith(Writer.State.Legs[member].Active);
        }

        extents.ExceptWith(written);
        extents.ExceptWith(cooling);
        cooling.Clear();
        cooling.UnionWith(written);
        written.Clear();
        Writer.Cool(extents, Now);
    }

    void IWriterHost.RequestsChanged() => areRequestsDue = true;

    void IWriterHost.StateChanged() => Owner.Tell(VolumeActor.StateChanged.Instance);

    void IWriterHost.ReadMaps(int leg)
    {
        var (store, writer) = (legs[leg]!.Store, Writer);
        _ = store.ReadMapsAsync().ContinueWith(
            read => Post(device =>
            {
                if (read.IsCompletedSuccessfully)
                {
                    writer.MapsRead(leg, read.Result, device.Now);
                }
                else
                {
                    writer.LegLost(leg, device.Now);
                }
            }),
            TaskScheduler.Default);
    }

    void IWriterHost.WriteActive(ActiveStep step)
    {
        foreach (var member in step.Targets)
        {
            var bits = new RegionSet(Writer.State.Legs[member].Active);
            if (step.IsMark)
            {
                bits.UnionWith(step.Extents);
            }
            else
            {
                bits.ExceptWith(step.Extents);
            }

            WriteMaps(step, member, legs[member]!.Store.EncodeActive(step.Extents, bits));
        }
    }

    void IWriterHost.WriteMissed(MissedStep step)
    {
        foreach (var holder in step.Targets)
        {
            var writes = new List<MapWrite>();
            foreach (var member in Writer.State.Chosen.Configuration.Legs)
            {
                var missed = member == holder ? new RegionSet() : Writer.State.MissedOnDisk(member);
                legs[holder]!.Store.EncodeMissed((byte)member, missed, writes);
            }

            WriteMaps(step, holder, writes);
        }
    }

    void IWriterHost.Write(ClientOperation operation) => Send((VolumeOperation)operation);

    void IWriterHost.Read(ClientOperation operation) => Send((VolumeOperation)operation);

    void IWriterHost.Flush(FlushStep step) =>
        Rent().Send(step, step.Targets, default, new IoRequest { Operation = IoOperation.Flush, Regions = [] });

    void IWriterHost.Copy(CopyStep step)
    {
        var range = RangeOf(step.Range);
        if (step.Targets.IsEmpty)
        {
            // A step without targets is over; the writer looks at it with its next input.
            var writer = Writer;
            Post(device => writer.Tick(device.Now));
            return;
        }

        var memory = GC.AllocateUninitializedArray<byte>((int)range.Count.Bytes, pinned: true);
        Rent().Send(new CopyRead(step, memory, range), MemberSet.Of(step.Source), range, new IoRequest
        {
            Operation = IoOperation.Read,
            Regions = [],
            Memory = memory,
            Priority = IoPriority.Idle,
        });
    }

    void IWriterHost.Answer(ClientOperation operation, OperationOutcome outcome)
    {
        var answered = (VolumeOperation)operation;
        unanswered.Remove(answered.Node!);
        answered.Completion.Answer(answered.ResultOf(outcome));
    }

    /// <summary>Sends a step to legs as one request.</summary>
    internal LegRequest Rent() => idle.TryPop(out var request) ? request : new LegRequest(this);

    internal void Return(LegRequest request) => idle.Push(request);

    internal bool TrySend(IoRequest request) => client.TrySend(request);

    internal Leg LegOf(int member) => legs[member]!;

    /// <summary>Ends the continuity of a leg, and completes the failed request then (VM8).</summary>
    internal void EndContinuity(int member, IVolumeInput completion) =>
        Owner.Tell(new VolumeActor.LegFailed(member, completion));

    private LegRange RangeOf(RegionRange range)
    {
        const int PerRegion = (1 << RegionRange.RegionShift) / Sector.SizeBytes;
        var start = range.First * PerRegion;
        return new LegRange(start, Math.Min(range.Count * PerRegion, Description.Capacity.Sectors.Value - start));
    }

    private void Send(VolumeOperation operation)
    {
        var device = operation.Device;
        written.SetRange(operation.Operation == IoOperation.Read ? default : operation.Extents);
        Rent().Send(operation, operation.Targets, new LegRange(device.Start, device.Count), new IoRequest
        {
            Operation = operation.Operation,
            Regions = [],
            Memory = operation.Memory,
            ForceUnitAccess = device.ForceUnitAccess,
            Zeroing = device.Zeroing,
        });
    }

    private void WriteMaps(WriterStep step, int member, List<MapWrite> writes)
    {
        if (writes.Count == 0)
        {
            var writer = Writer;
            Post(device => writer.Completed(step, member, LegResult.Ok, device.Now));
            return;
        }

        var group = new MapGroup(step, member, writes);
        foreach (var write in writes)
        {
            var range = new LegRange(write.Start, LegGeometry.BlockBytes / Sector.SizeBytes, IsMetadata: true);
            Rent().Send(group, MemberSet.Of(member), range, new IoRequest
            {
                Operation = IoOperation.Write,
                Regions = [],
                Memory = write.Block,
                ForceUnitAccess = true,
            });
        }
    }

    /// <summary>Takes all inputs, unless another thread does.</summary>
    private void Run()
    {
        do
        {
            if (Interlocked.Exchange(ref isRunning, 1) != 0)
            {
                return;
            }

            try
            {
                TakeInputs();
            }
            finally
            {
                Volatile.Write(ref isRunning, 0);
            }
        }
        while (!inputs.IsEmpty);
    }

    private void TakeInputs()
    {
        while (inputs.TryDequeue(out var input))
        {
            input.Take(this);
        }

        if (areRequestsDue)
        {
            areRequestsDue = false;
            SendRequests();
        }
    }

    /// <summary>Sends every request that waits for a reply; a request that is sent again is answered again.</summary>
    internal void SendRequests()
    {
        for (var member = 0; member < legs.Length; member++)
        {
            if (Writer.VoteRequestTo(member) is { } vote)
            {
                Owner.Tell(new VolumeActor.Forward(member, new ReplicaActor.Ask(ReplicaActor.Lane.Vote, vote)));
            }

            if (Writer.LegRequestTo(member) is { } request)
            {
                Owner.Tell(new VolumeActor.Forward(member, new ReplicaActor.Ask(ReplicaActor.Lane.Leg, request)));
            }
        }
    }

    /// <summary>A leg or witness.</summary>
    internal sealed class Leg(LegStore store)
    {
        internal LegStore Store { get; } = store;

        internal LegGate? Gate { get; set; }
    }
}
