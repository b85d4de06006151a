using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Devices.Transfer;
using DmIo.Io;

namespace DmIo.Actors.Devices;

/// <summary>
/// A <see cref="DispatchedOperation"/> at the device. Reused by its device actor. It is also the completion message to
/// the actor, if the device completes it outside of the actor's turn.
/// <code>
///   InFlight --device's last answer--> Completed       in the actor's turn, or by a message to it
///      +-----Abandon---------------> Abandoned    the actor is dead: the continuation answers the I/Os itself
/// </code>
/// </summary>
internal sealed class InFlightOperation : INoSerializationVerificationNeeded
{
    private const int InFlight = 0;
    private const int Completed = 1;
    private const int Abandoned = 2;

    private readonly PollScheduler turn;
    private readonly RegionTransfer transfer;
    private OrphanedDevice? orphan;
    private int state;

    internal InFlightOperation(IBlockDevice device, PollScheduler turn)
    {
        this.turn = turn;
        transfer = new RegionTransfer(device, OnCompleted);
    }

    /// <summary>The operation.</summary>
    internal DispatchedOperation Operation { get; private set; } = null!; // set by Start, before any other call

    /// <summary>The index in its actor's list of operations in flight; only the actor uses it.</summary>
    internal int Index { get; set; }

    /// <summary>The outcome, after the completion.</summary>
    internal IoStatus Status { get; private set; }

    /// <summary>Until this task ends, the device may access the memory; null: it does not.</summary>
    internal Task? Held { get; private set; }

    /// <summary>See <see cref="TransferResult.Detail"/>; null: nothing.</summary>
    internal object? Detail { get; private set; }

    /// <summary>Starts the operation. True: it has ended. False: it will complete later.</summary>
    internal bool Start(DispatchedOperation operation)
    {
        Operation = operation;
        (Held, Detail) = (null, null);
        state = InFlight;
        try
        {
            if (operation.Operation.Kind.HasData())
            {
                AddMemory(operation);
            }

            if (!transfer.Start(operation.Operation))
            {
                return false;
            }

            TakeOutcome();
        }
        catch (Exception exception)
        {
            // The transfer maps exceptions of devices; this one is of a memory type of the caller.
            transfer.Forget();
            Status = Errno.StatusOf(exception, operation.Operation.ToString());
        }

        return true;
    }

    private void AddMemory(DispatchedOperation operation)
    {
        foreach (var io in operation.Ios)
        {
            transfer.Add(io.Memory, io.Operation, io.Edges);
        }
    }

    /// <summary>
    /// Called as the actor stops: the continuation answers and releases the orphan. If the operation has completed
    /// already, and its message is in the dead actor's mailbox, both are done here.
    /// </summary>
    internal void Abandon(OrphanedDevice orphanedDevice)
    {
        orphan = orphanedDevice;
        if (Interlocked.CompareExchange(ref state, Abandoned, InFlight) != InFlight)
        {
            Finish();
        }
    }

    private void OnCompleted()
    {
        TakeOutcome();
        if (Interlocked.CompareExchange(ref state, Completed, InFlight) == InFlight)
        {
            turn.Completed(this);
        }
        else
        {
            Finish();
        }
    }

    private void TakeOutcome() => (Status, Held, Detail) = (transfer.Status, transfer.Held, transfer.Detail);

    private void Finish()
    {
        var status = Status switch
        {
            { IsOk: true } when Operation.NeedsFlush => OrphanedDevice.NotDurable,
            { IsOk: false } when Operation.IsMerged => OrphanedDevice.MergedAndFailed(Status),
            _ => Status,
        };
        Operation.Note(Held, Detail);
        foreach (DeviceIo io in Operation.Ios)
        {
            io.Answer(status);
        }

        orphan!.Release();
    }
}
