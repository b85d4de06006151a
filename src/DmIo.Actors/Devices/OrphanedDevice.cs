using Akka.Actor;
using Akka.Event;
using DmIo.Devices;
using DmIo.Io;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// What is left of a device actor after it stopped: one count for the actor, one for each operation that it left in
/// flight, one for whoever polls the device just now, which nobody else does any more. Who takes the last one closes
/// the device, and then the supervisor hears that the name is free.
/// </summary>
internal sealed class OrphanedDevice(
    IBlockDevice device,
    IActorRef actor,
    IActorRef supervisor,
    Action<IThreadPoolWorkItem> background,
    ILoggingAdapter log)
    : IThreadPoolWorkItem
{
    private readonly Lock polling = new();
    private int count = 1;

    /// <summary>What a durable write gets whose flush never came.</summary>
    internal static IoStatus NotDurable { get; } = IoStatus.Failed(
        IoStatusCode.DeviceGone, "It may be written, but the device's actor died before a flush made it durable.");

    /// <summary>What each of several gets that went down as one and failed, maybe for another's sake.</summary>
    internal static IoStatus NotTriedAlone(in IoStatus together) => IoStatus.Failed(
        IoStatusCode.DeviceGone,
        $"It went down with others as one, which failed ({together}), and the device's actor died before it was tried "
            + "alone.");

    /// <summary>Only by the device actor, while it holds its own count.</summary>
    internal void Add() => Interlocked.Increment(ref count);

    /// <summary>From any thread, once for each count.</summary>
    internal void Release()
    {
        var left = Interlocked.Decrement(ref count);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            _ = DeviceClosing.CloseAsync(device, log, new DeviceReleased(actor)).PipeTo(supervisor, ActorRefs.NoSender);
        }
    }

    /// <summary>The device asks for a turn, in which operations complete. Not on its own thread: what completes may
    /// take its time.</summary>
    internal void Poll() => background(this);

    /// <summary>Polls the device once, unless it is closed.</summary>
    public void Execute()
    {
        for (var seen = Volatile.Read(ref count); seen > 0; seen = Volatile.Read(ref count))
        {
            if (Interlocked.CompareExchange(ref count, seen + 1, seen) == seen)
            {
                PollDevice();
                Release();
                return;
            }
        }
    }

    /// <summary>On a thread of the pool, where what a defective device throws would end the process; what it has in
    /// flight stays in flight.</summary>
    private void PollDevice()
    {
        try
        {
            lock (polling)
            {
                device.Poll();
            }
        }
        catch (Exception exception)
        {
            log.Warning(exception, "Polling a device whose actor has stopped failed; I/O of it may never end");
        }
    }
}

/// <summary>Closes devices, whose closing may throw, and gives a message behind it.</summary>
internal static class DeviceClosing
{
    /// <summary>
    /// Closes the device, then gives <paramref name="message"/>. Never fails: a device that can't be closed is out of
    /// service all the same; the log says why.
    /// </summary>
    internal static async Task<object> CloseAsync(IBlockDevice device, ILoggingAdapter log, object message)
    {
        try
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            log.Warning(exception, "Closing a device failed; it is out of service");
        }

        return message;
    }
}
