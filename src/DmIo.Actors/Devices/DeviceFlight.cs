using Akka.Actor;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors;

/// <summary>
/// One issued <see cref="DeviceIo"/> and its device's task. Reused by its device actor; also the message that says
/// that the task completed.
/// <code>
///   Flying --task completes--> Landed       told to the device actor, which answers the I/O
///      +-----TryAbandon------> Abandoned    the actor is dead: the task's continuation answers the I/O itself
/// </code>
/// </summary>
internal sealed class DeviceFlight : INoSerializationVerificationNeeded
{
    private const int Flying = 0;
    private const int Landed = 1;
    private const int Abandoned = 2;

    private readonly IBlockDevice device;
    private readonly IActorRef actor;
    private readonly RegionTransfer transfer;
    private DeviceIo? io;
    private DeviceFarewell? farewell;
    private IoStatus status;
    private bool needsFlush;
    private int state;

    internal DeviceFlight(IBlockDevice device, IActorRef actor)
    {
        this.device = device;
        this.actor = actor;
        transfer = new RegionTransfer(device, Land);
    }

    internal DeviceIo Io => io!;

    /// <summary>Starts the I/O. True: it is done. False: this is going to be told to the actor.</summary>
    internal bool Start(DeviceIo issued, out IoStatus outcome)
    {
        io = issued;
        state = Flying;
        var region = issued.Region;
        var isNative = issued.ForceUnitAccess && device.Description.HasForceUnitAccess;
        needsFlush = issued.ForceUnitAccess && !isNative;
        try
        {
            outcome = RegionTransfer.Check(
                device.Description, issued.Operation, region.Start, region.Count, issued.Memory);
            if (!outcome.IsOk)
            {
                return true;
            }

            if (issued.Operation is IoOperation.Read or IoOperation.Write)
            {
                transfer.Add(issued.Memory, region.Count, issued.Operation == IoOperation.Read);
            }

            if (transfer.Start(issued.Operation, region.Start, region.Count, isNative) && !StartFlush())
            {
                outcome = transfer.Status;
                return true;
            }
        }
        catch (Exception exception)
        {
            outcome = Defect(exception);
            return true;
        }

        outcome = default;
        return false;
    }

    /// <summary>The actor, when it got this as a message: ends the flight and makes it fit for the next.</summary>
    internal IoStatus TakeLanded()
    {
        Invariant.Require(Volatile.Read(ref state) == Landed);
        var outcome = status;
        status = default;
        return outcome;
    }

    /// <summary>
    /// The dying actor: the continuation is to answer and to release the farewell. Where the message is on its way to
    /// the dead actor already, that is done here.
    /// </summary>
    internal void Abandon(DeviceFarewell deviceFarewell)
    {
        farewell = deviceFarewell;
        if (Interlocked.CompareExchange(ref state, Abandoned, Flying) != Flying)
        {
            Finish();
        }
    }

    /// <summary>True: a flush is under way behind the write.</summary>
    private bool StartFlush()
    {
        var starts = needsFlush && transfer.Status.IsOk;
        needsFlush = false;
        return starts && !transfer.Start(IoOperation.Flush, 0, 0, durable: false);
    }

    private void Land()
    {
        if (StartFlush())
        {
            return;
        }

        status = transfer.Status;
        if (Interlocked.CompareExchange(ref state, Landed, Flying) == Flying)
        {
            actor.Tell(this, ActorRefs.NoSender);
        }
        else
        {
            Finish();
        }
    }

    private void Finish()
    {
        io!.Answer(status);
        farewell!.Release();
    }

    /// <summary>The transfer maps what devices throw; what gets here is memory of the caller's own making that
    /// threw.</summary>
    private IoStatus Defect(Exception exception) => Errno.StatusOf(exception, $"{io!.Operation} of {io.Region}");
}
