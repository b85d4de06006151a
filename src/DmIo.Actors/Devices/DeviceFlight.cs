using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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
    private readonly Action land;
    private ConfiguredValueTaskAwaitable<IoStatus>.ConfiguredValueTaskAwaiter awaiter;
    private DeviceIo? io;
    private DeviceFarewell? farewell;
    private IoStatus status;
    private int state;

    internal DeviceFlight(IBlockDevice device, IActorRef actor)
    {
        this.device = device;
        this.actor = actor;
        land = Land;
    }

    internal DeviceIo Io => io!;

    /// <summary>Starts the I/O. True: it is done. False: this is going to be told to the actor.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
    internal bool Start(DeviceIo issued, out IoStatus outcome)
    {
        io = issued;
        state = Flying;
        try
        {
            var region = issued.Region;
            awaiter = RegionTransfer
                .RunAsync(device, issued.Operation, region.Start, region.Count, issued.Memory, issued.ForceUnitAccess)
                .ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception exception)
        {
            outcome = Defect(exception);
            return true;
        }

        if (awaiter.IsCompleted)
        {
            outcome = TakeOutcome();
            return true;
        }

        outcome = default;
        awaiter.UnsafeOnCompleted(land);
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

    private void Land()
    {
        status = TakeOutcome();
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

    private IoStatus TakeOutcome()
    {
        try
        {
            return awaiter.GetResult();
        }
        catch (Exception exception)
        {
            return Defect(exception);
        }
        finally
        {
            awaiter = default;
        }
    }

    /// <summary>The transfer maps what devices throw; what gets here is memory of the caller's own making that
    /// threw.</summary>
    private IoStatus Defect(Exception exception) => Errno.StatusOf(exception, $"{io!.Operation} of {io.Region}");
}
