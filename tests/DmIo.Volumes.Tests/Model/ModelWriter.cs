using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>A writer of the modeled volume, and its user.</summary>
internal sealed class ModelWriter : IWriterHost
{
    private readonly VolumeWorld world;
    private readonly int number;
    private readonly List<LegIo> unsent = [];
    private readonly List<int> unsentTo = [];
    private readonly List<CopyStep> unreadable = [];

    internal ModelWriter(VolumeWorld world, int number, VolumeRecord known)
    {
        (this.world, this.number) = (world, number);
        Core = new VolumeWriter(
            this,
            world.Options.WriterRules,
            new Guid(number, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            known,
            world.Options.Policy);
    }

    /// <summary>The number of the process, never used again.</summary>
    internal int Number => number;

    internal VolumeWriter Core { get; }

    internal WriterState State => Core.State;

    /// <summary>The operation of the user that is in flight.</summary>
    internal ModelOperation? Operation { get; private set; }

    /// <summary>The acknowledged versions when the flush of the user began.</summary>
    private byte[] flushed = [];

    internal int Renewals { get; set; }

    /// <summary>The writer was active in an earlier state.</summary>
    internal bool WasActive { get; set; }

    public void RequestsChanged()
    {
    }

    public void StateChanged()
    {
    }

    public void ReadMaps(int leg) => Add(leg, new LegIo(LegIoKind.ReadMaps, number, null));

    public void WriteActive(ActiveStep step)
    {
        foreach (var leg in step.Targets)
        {
            var bits = new RegionSet(State.Legs[leg].Active);
            if (step.IsMark)
            {
                bits.UnionWith(step.Extents);
            }
            else
            {
                bits.ExceptWith(step.Extents);
            }

            Add(leg, new LegIo(LegIoKind.WriteActive, number, step) { Active = bits });
        }
    }

    public void WriteMissed(MissedStep step)
    {
        foreach (var leg in step.Targets)
        {
            var missed = new RegionSet[world.Options.Legs];
            for (var i = 0; i < missed.Length; i++)
            {
                missed[i] = i == leg ? new RegionSet() : State.MissedOnDisk(i);
            }

            Add(leg, new LegIo(LegIoKind.WriteMissed, number, step) { Missed = missed });
        }
    }

    public void Write(ClientOperation operation)
    {
        var write = (ModelOperation)operation;
        foreach (var leg in write.Targets)
        {
            Add(leg, new LegIo(LegIoKind.Write, number, write) { Block = write.Block, Version = write.Version });
        }
    }

    public void Read(ClientOperation operation) => throw new NotSupportedException();

    public void Zero(ZeroStep step)
    {
        var block = (byte)world.BlockOf(step.Range.First);
        foreach (var leg in step.Targets)
        {
            Add(leg, new LegIo(LegIoKind.Write, number, step) { Block = block, Version = VolumeWorld.Zeroes });
        }
    }

    public void Flush(FlushStep step)
    {
        foreach (var leg in step.Targets)
        {
            Add(leg, new LegIo(LegIoKind.Flush, number, step));
        }
    }

    public void Copy(CopyStep step)
    {
        var block = world.BlockOf(step.Range.First);
        var source = world.Members[step.Source];
        if (!source.IsUp || source.GrantedTo != number)
        {
            unreadable.Add(step);
            return;
        }

        var version = source.Current[block];
        foreach (var leg in step.Targets)
        {
            Add(leg, new LegIo(LegIoKind.Write, number, step) { Block = (byte)block, Version = version });
        }
    }

    public void Verify(VerifyStep step) => throw new NotSupportedException();

    public long LoadOf(int leg) => 0;

    public void Answer(ClientOperation operation, OperationOutcome outcome)
    {
        if (operation != Operation)
        {
            return;
        }

        if (outcome == OperationOutcome.Ok)
        {
            if (operation.Operation == IoOperation.Flush)
            {
                world.FlushAnswered(flushed);
            }
            else
            {
                world.Acknowledged(this, Operation.Block, Operation.Version);
            }
        }
        else if (outcome == OperationOutcome.PowerLost)
        {
            world.PowerLossReported();
        }

        Operation = null;
    }

    internal void Submit(ModelOperation operation, byte[] acknowledged)
    {
        (Operation, flushed) = (operation, acknowledged);
        Core.Submit(operation, world.Now);
    }

    /// <summary>Sends what the core has asked for; called after each input.</summary>
    internal void Send()
    {
        while (unsent.Count != 0 || unreadable.Count != 0)
        {
            if (unreadable.Count != 0)
            {
                var copy = unreadable[0];
                unreadable.RemoveAt(0);
                Core.SourceFailed(copy, LegResult.Lost, world.Now);
                continue;
            }

            var (io, leg) = (unsent[0], unsentTo[0]);
            unsent.RemoveAt(0);
            unsentTo.RemoveAt(0);
            var member = world.Members[leg];
            if (!member.IsUp || member.GrantedTo != number)
            {
                // The leg takes no I/O of this writer; the writer learns it when it loses the leg.
                continue;
            }

            if (io.Kind == LegIoKind.Flush)
            {
                member.Queue.Add(io with { Snapshot = member.Snapshot() });
            }
            else if (world.Options.SplitsMaps || io.Kind == LegIoKind.Write)
            {
                member.Queue.Add(io);
            }
            else
            {
                TakenSteps.Perform(world, member, io);
            }
        }
    }

    private void Add(int leg, LegIo io)
    {
        unsent.Add(io);
        unsentTo.Add(leg);
    }
}
