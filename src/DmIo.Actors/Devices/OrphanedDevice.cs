using Akka.Actor;
using Akka.Event;
using DmIo.Devices;
using DmIo.Io;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// The device of a stopped actor: one count for the actor, one for each operation that the actor left in flight, one
/// for a poll in progress. The last release closes the device, and then informs the supervisor that the name is free.
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

    /// <summary>The status of a durable write without its flush.</summary>
    internal static IoStatus NotDurable { get; } = IoStatus.Failed(
        IoStatusCode.DeviceGone,
        "The data may be written, but the device's actor died before a flush made them durable.");

    /// <summary>The status of each I/O of a merged operation that failed, perhaps because of another I/O.</summary>
    internal static IoStatus MergedAndFailed(in IoStatus together) => IoStatus.Failed(
        IoStatusCode.DeviceGone,
        $"It was merged with others into one operation, which failed ({together}), and the device's actor died before "
            + "it was retried alone.");

    /// <summary>Called only by the device actor, while it holds its own count.</summary>
    internal void Add() => Interlocked.Increment(ref count);

    /// <summary>Any thread, once for each count.</summary>
    internal void Release()
    {
        var left = Interlocked.Decrement(ref count);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            _ = DeviceClosing.CloseAsync(device, log, new DeviceReleased(actor)).PipeTo(supervisor, ActorRefs.NoSender);
        }
    }

    /// <summary>Polls the device in the background, where continuations may take long.</summary>
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

    /// <summary>Runs on the thread pool, where an exception of a faulty device would end the process; its operations in
    /// flight stay in flight.</summary>
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
            log.Warning(exception, "Polling a device whose actor has stopped failed; its I/O may never complete");
        }
    }
}

/// <summary>Closes devices, and returns a message afterwards.</summary>
internal static class DeviceClosing
{
    /// <summary>
    /// Closes the device, then returns <paramref name="message"/>. Never fails: a device whose closing fails is out of
    /// service in any case; the cause is logged.
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

/// <summary>A device that no actor owns: closes it, then replies to the sender of its attach.</summary>
internal sealed class UnservedDevice(
    IBlockDevice device, ILoggingAdapter log, object message, IActorRef replyTo, IActorRef supervisor)
    : IThreadPoolWorkItem
{
    public void Execute() => _ = DeviceClosing.CloseAsync(device, log, message).PipeTo(replyTo, supervisor);
}
