using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Volumes.Actors;

/// <summary>
/// A step on its way to legs, as one request of the service with one region per leg. Reused.
/// <code>
///   idle --Send--> in flight --OnDone, in the lease's actor--> input --Take, on the volume's turn--> idle
///                                                                +--a leg holds the memory--> OnReleased --> idle
/// </code>
/// </summary>
internal sealed class LegRequest(VolumeDevice device) : IoCompletion, IVolumeInput
{
    // By region.
    private readonly List<(int Member, LegGate Gate)> sent = [];
    private VolumeWriter writer = device.Writer;
    private WriterStep? step;
    private IoResult? result;
    private IoStatus refusal;
    private bool isReleased;

    /// <summary>Sends a step to the legs whose gate is open; the others are lost.</summary>
    /// <param name="toSend">The step.</param>
    /// <param name="targets">The legs.</param>
    /// <param name="range">The sectors on each leg.</param>
    /// <param name="request">The request, without its regions.</param>
    internal void Send(WriterStep toSend, MemberSet targets, LegRange range, IoRequest request)
    {
        (step, writer, result, refusal, isReleased) = (toSend, device.Writer, null, default, false);
        foreach (var member in targets)
        {
            if (device.LegOf(member).Gate is { } gate && gate.TryEnter())
            {
                sent.Add((member, gate));
            }
            else
            {
                var (lost, sender) = (member, writer);
                device.Post(volume => Complete(volume, sender, toSend, lost, LegResult.Lost));
            }
        }

        if (sent.Count == 0)
        {
            Idle();
            return;
        }

        (step as VolumeOperation)?.Completion.Hold();
        if (!device.TrySend(request with { Regions = RegionsOf(range), Completion = this }))
        {
            OnRefused(IoRefusal.Stopped, "The service has stopped.");
        }
    }

    /// <inheritdoc/>
    public void Take(VolumeDevice volume)
    {
        if (isReleased)
        {
            Release();
            return;
        }

        var (ended, isHeld) = (step!, result is { BufferHeld: true });
        for (var index = 0; index < sent.Count; index++)
        {
            var status = result is { } outcome ? outcome[index] : refusal;
            if (!isHeld || status.Code != IoStatusCode.TimedOut)
            {
                sent[index].Gate.Leave();
            }

            Report(volume, ended, sent[index].Member, status);
        }

        if (!isHeld)
        {
            (ended as VolumeOperation)?.Completion.Release();
            Idle();
        }
    }

    /// <inheritdoc/>
    protected override void OnDone(IoResult result)
    {
        this.result = result;
        device.Post(this);
    }

    /// <inheritdoc/>
    protected override void OnRefused(IoRefusal cause, string reason)
    {
        refusal = IoStatus.Failed(IoStatusCode.Stopped, reason);
        device.Post(this);
    }

    /// <inheritdoc/>
    protected override void OnReleased()
    {
        device.Post(volume =>
        {
            isReleased = true;
            Take(volume);
        });
    }

    private void Report(VolumeDevice volume, WriterStep ended, int member, IoStatus status)
    {
        if (status.IsOk)
        {
            Complete(volume, writer, ended, member, LegResult.Ok);
            return;
        }

        if (ended is VolumeOperation operation)
        {
            operation.LastFailure = status;
        }

        var failure = status.Code is IoStatusCode.DeviceError or IoStatusCode.Unsupported or IoStatusCode.ReadOnly
            ? LegResult.Error
            : LegResult.Lost;
        if (ended is VolumeOperation { Operation: IoOperation.Read } or CopyRead)
        {
            Complete(volume, writer, ended, member, failure);
        }
        else
        {
            volume.EndContinuity(member, new Failure(writer, ended, member, failure));
        }
    }

    /// <summary>Tells the writer that sent the step, unless it was replaced: the next writer sends the operations
    /// again, and answers them.</summary>
    private static void Complete(
        VolumeDevice volume, VolumeWriter writer, WriterStep ended, int member, LegResult legResult)
    {
        if (writer != volume.Writer)
        {
            return;
        }

        switch (ended)
        {
            case MapGroup group:
                group.Completed(volume, writer, legResult);
                break;
            case CopyRead read:
                read.Completed(volume, writer, legResult);
                break;
            default:
                writer.Completed(ended, member, legResult, volume.Now);
                break;
        }
    }

    private void Release()
    {
        for (var index = 0; index < sent.Count; index++)
        {
            if (result![index].Code == IoStatusCode.TimedOut)
            {
                sent[index].Gate.Leave();
            }
        }

        (step as VolumeOperation)?.Completion.Release();
        Idle();
    }

    private IoRegion[] RegionsOf(LegRange range)
    {
        var regions = new IoRegion[sent.Count];
        for (var index = 0; index < regions.Length; index++)
        {
            var store = device.LegOf(sent[index].Member).Store;
            var start = range.IsMetadata ? range.Start.Value : range.Start.Value + store.DataStart;
            regions[index] = new IoRegion(store.Device, start, range.Count);
        }

        return regions;
    }

    private void Idle()
    {
        sent.Clear();
        (step, result) = (null, null);
        device.Return(this);
    }

    /// <summary>A failure that is given to the writer when the continuity of the leg has ended.</summary>
    private sealed class Failure(VolumeWriter writer, WriterStep ended, int member, LegResult failure) : IVolumeInput
    {
        public void Take(VolumeDevice volume) => Complete(volume, writer, ended, member, failure);
    }
}

/// <summary>Sectors of a leg.</summary>
/// <param name="Start">The first sector: of the data, or of the leg.</param>
/// <param name="Count">The number of sectors.</param>
/// <param name="IsMetadata">The sectors are counted from the beginning of the leg.</param>
internal readonly record struct LegRange(Sector Start, SectorCount Count, bool IsMetadata = false);

/// <summary>The read of a copy: what was read is written on the targets of the copy.</summary>
internal sealed class CopyRead(CopyStep copy, byte[] memory, LegRange range) : WriterStep
{
    internal void Completed(VolumeDevice volume, VolumeWriter writer, LegResult result)
    {
        if (result != LegResult.Ok)
        {
            writer.SourceFailed(copy, result, volume.Now);
            return;
        }

        volume.Rent().Send(copy, copy.Targets, range, new IoRequest
        {
            Operation = IoOperation.Write,
            Regions = [],
            Memory = memory,
            Priority = IoPriority.Idle,
        });
    }
}

/// <summary>The writes of one step's map pages on one leg.</summary>
internal sealed class MapGroup(WriterStep step, int member, List<MapWrite> writes) : WriterStep
{
    private int left = writes.Count;
    private LegResult worst = LegResult.Ok;

    internal void Completed(VolumeDevice volume, VolumeWriter writer, LegResult result)
    {
        worst = result > worst ? result : worst;
        if (--left == 0)
        {
            if (worst == LegResult.Ok)
            {
                writes.ForEach(volume.LegOf(member).Store.Written);
            }

            writer.Completed(step, member, worst, volume.Now);
        }
    }
}
