using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Memory;
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
    /// <param name="io">What is done there.</param>
    internal void Send(WriterStep toSend, MemberSet targets, LegRange range, in LegIo io)
    {
        (step, writer, result, refusal, isReleased) = (toSend, device.Writer, null, default, false);
        (step as IMemoryHolder)?.Hold();
        foreach (var member in targets)
        {
            if (device.LegOf(member).Gate is { } gate && gate.TryEnter())
            {
                gate.Unanswered++;
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
            (step as IMemoryHolder)?.Release(isRetained: false);
            Idle();
        }
        else if (!device.TrySend(io.ToRequest(RegionsOf(range), this)))
        {
            OnRefused(IoRefusal.Stopped, "The service has stopped.");
        }
    }

    /// <inheritdoc/>
    public void Take(VolumeDevice volume)
    {
        if (isReleased)
        {
            LeaveHeld();
            return;
        }

        var (ended, held) = (step!, result?.Held ?? ErrorBits.None);
        for (var index = 0; index < sent.Count; index++)
        {
            var status = result is { } outcome ? outcome[index] : refusal;
            sent[index].Gate.Unanswered--;
            if (!held[index])
            {
                sent[index].Gate.Leave();
            }

            Report(volume, ended, sent[index].Member, status);
        }

        (ended as IMemoryHolder)?.Release(isRetained: !held.IsEmpty);
        if (held.IsEmpty)
        {
            Idle();
        }

        if (ended is VolumeOperation operation)
        {
            volume.Repeat(operation.Completion);
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
        else if (ended is ZeroStep)
        {
            volume.ZeroFailure = status;
        }

        var isTruncated = status.Code == IoStatusCode.Truncated && volume.Truncated.TryAdd(member, writer.State);
        var failure = status.Code switch
        {
            IoStatusCode.DeviceError or IoStatusCode.Unsupported or IoStatusCode.ReadOnly => LegResult.Error,
            IoStatusCode.Truncated when !isTruncated => LegResult.Error,
            _ => LegResult.Lost,
        };
        if (failure == LegResult.Error || isTruncated)
        {
            (ended as VolumeOperation)?.Failed(member, status);
        }

        var report = new Failure(writer, ended, member, failure, status);
        if (ended is VolumeOperation { Operation: IoOperation.Read } or CopyTransfer { IsReading: true } or HashRead)
        {
            report.Take(volume);
        }
        else
        {
            volume.EndContinuity(member, report, isTruncated);
        }
    }

    /// <summary>Tells the writer that sent the step, unless it was replaced meanwhile: it must not act any
    /// more.</summary>
    private static void Complete(
        VolumeDevice volume, VolumeWriter writer, WriterStep ended, int member, LegResult legResult)
    {
        if (writer != volume.Writer)
        {
            return;
        }

        if (ended is ICarriedStep carried)
        {
            carried.Completed(volume, writer, member, legResult);
        }
        else
        {
            writer.Completed(ended, member, legResult, volume.Now);
        }
    }

    /// <summary>The legs that had not answered have released the memory. A leg whose server may still execute the step
    /// stays in the gate: it is never drained.</summary>
    private void LeaveHeld()
    {
        foreach (var index in result!.Held)
        {
            if (!result.InDoubt[index])
            {
                sent[index].Gate.Leave();
            }
        }

        (step as IMemoryHolder)?.ReleaseRetained();
        Idle();
    }

    private IoRegion[] RegionsOf(LegRange range)
    {
        var regions = new IoRegion[sent.Count];
        for (var index = 0; index < regions.Length; index++)
        {
            var store = device.LegOf(sent[index].Member).Store;
            regions[index] = range.IsMetadata
                ? new IoRegion(store.MetadataDevice, range.Start, range.Count)
                : new IoRegion(store.Device, range.Start.Value + store.DataStart, range.Count);
        }

        return regions;
    }

    private void Idle()
    {
        sent.Clear();
        (step, result) = (null, null);
        device.Return(this);
    }

    /// <summary>A failure; that of a change is given to the writer when the continuity of the leg has ended. If the leg
    /// is lost by it, it is the cause.</summary>
    private sealed class Failure(
        VolumeWriter writer, WriterStep ended, int member, LegResult failure, IoStatus status) : IVolumeInput
    {
        public void Take(VolumeDevice volume)
        {
            var wasUsed = volume.Writer.State.Targets;
            Complete(volume, writer, ended, member, failure);
            if (wasUsed[member] && !volume.Writer.State.Targets[member])
            {
                volume.Causes.Note(member, ended, status);
            }
        }
    }
}

/// <summary>A step of the carriers that stands for a step of the writer.</summary>
internal interface ICarriedStep
{
    /// <summary>It ended on a leg.</summary>
    void Completed(VolumeDevice volume, VolumeWriter writer, int leg, LegResult result);
}

/// <summary>A step with memory that legs may access: it is held once per request.</summary>
internal interface IMemoryHolder
{
    /// <summary>A request is sent, whose legs may access the memory until <see cref="Release"/>.</summary>
    void Hold();

    /// <summary>The legs of one request do not access the memory any more.</summary>
    /// <param name="isRetained">But for those that were given up, until <see cref="ReleaseRetained"/>.</param>
    void Release(bool isRetained)
    {
        if (!isRetained)
        {
            ReleaseRetained();
        }
    }

    /// <summary>The legs of one request that were given up do not access the memory any more.</summary>
    void ReleaseRetained();
}

/// <summary>What is done on each leg.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Memory">Its memory; null: none.</param>
internal readonly record struct LegIo(IoOperation Operation, IoMemory? Memory = null)
{
    internal bool ForceUnitAccess { get; init; }

    internal WriteZeroesFlags Zeroing { get; init; }

    internal IoPriority Priority { get; init; }

    internal IoRequest ToRequest(IoRegion[] regions, IoCompletion completion) => new()
    {
        Operation = Operation,
        Regions = regions,
        Memory = Memory,
        ForceUnitAccess = ForceUnitAccess,

        // Zeroes in place of the data that a truncated file has lost would be served as data.
        NoExtend = true,
        Zeroing = Zeroing,
        Priority = Priority,
        Completion = completion,
        WaitsForRoom = true,
    };
}

/// <summary>Sectors of a leg.</summary>
/// <param name="Start">The first sector: of the data, or of the device with the metadata.</param>
/// <param name="Count">The number of sectors.</param>
/// <param name="IsMetadata">The sectors are counted from the beginning of the device with the metadata.</param>
internal readonly record struct LegRange(Sector Start, SectorCount Count, bool IsMetadata = false);
