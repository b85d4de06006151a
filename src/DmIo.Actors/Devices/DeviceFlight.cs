using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Devices;

/// <summary>
/// One <see cref="DeviceOperation"/> on its way through the device. Reused by its device actor; also the message that
/// says that it landed, where the device completed it outside of the actor's turn.
/// <code>
///   Flying --device's last answer--> Landed       in the actor's turn, or told to it
///      +-----Abandon---------------> Abandoned    the actor is dead: the continuation answers the I/Os itself
/// </code>
/// </summary>
internal sealed class DeviceFlight : INoSerializationVerificationNeeded
{
    private const int Flying = 0;
    private const int Landed = 1;
    private const int Abandoned = 2;

    private readonly DeviceTurn turn;
    private readonly RegionTransfer transfer;
    private DeviceFarewell? farewell;
    private int state;

    internal DeviceFlight(IBlockDevice device, DeviceTurn turn)
    {
        this.turn = turn;
        transfer = new RegionTransfer(device, Land);
    }

    /// <summary>What it carries.</summary>
    internal DeviceOperation Operation { get; private set; } = null!; // set by Start, before anything else is called

    /// <summary>Where it is in its actor's list of what flies; the actor's own.</summary>
    internal int FlyingAt { get; set; }

    /// <summary>How it ended; once it did.</summary>
    internal IoStatus Status { get; private set; }

    /// <summary>Starts it. True: it has ended. False: it will land.</summary>
    internal bool Start(DeviceOperation operation)
    {
        Operation = operation;
        state = Flying;
        try
        {
            if (operation.Operation is IoOperation.Read or IoOperation.Write)
            {
                AddMemory(operation);
            }

            var zeroing = ((DeviceIo)operation.Ios[0]).Zeroing;
            if (!transfer.Start(
                operation.Operation, operation.Start, operation.Count, operation.ForceUnitAccess, zeroing))
            {
                return false;
            }

            Status = transfer.Status;
        }
        catch (Exception exception)
        {
            // The transfer maps what devices throw; what gets here is memory of the caller's own making that threw.
            transfer.Forget();
            Status = Errno.StatusOf(exception, $"{operation.Operation} at sector {operation.Start}");
        }

        return true;
    }

    private void AddMemory(DeviceOperation operation)
    {
        foreach (var io in operation.Ios)
        {
            if (io.Edges.IsNone)
            {
                transfer.Add(io.Memory, io.Region.Count, operation.Operation == IoOperation.Read);
            }
            else
            {
                transfer.Add(io.Memory, io.Region.Count, io.Edges);
            }
        }
    }

    /// <summary>
    /// The dying actor: the continuation is to answer and to release the farewell. Where it has landed already, and the
    /// message is on its way to the dead actor, that is done here.
    /// </summary>
    internal void Abandon(DeviceFarewell deviceFarewell)
    {
        farewell = deviceFarewell;
        if (Interlocked.CompareExchange(ref state, Abandoned, Flying) != Flying)
        {
            Finish();
        }
    }

    private void Land()
    {
        Status = transfer.Status;
        if (Interlocked.CompareExchange(ref state, Landed, Flying) == Flying)
        {
            turn.Land(this);
        }
        else
        {
            Finish();
        }
    }

    private void Finish()
    {
        var status = Status switch
        {
            { IsOk: true } when Operation.NeedsFlush => DeviceFarewell.NotDurable,
            { IsOk: false } when Operation.IsMerged => DeviceFarewell.NotTriedAlone(Status),
            _ => Status,
        };
        foreach (DeviceIo io in Operation.Ios)
        {
            io.Answer(status);
        }

        farewell!.Release();
    }
}
