using Akka.Actor;
using Akka.Event;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>A device that no actor has: closes it, and then tells who attached it.</summary>
internal sealed class UnservedDevice(
    IBlockDevice device, ILoggingAdapter log, object message, IActorRef replyTo, IActorRef supervisor)
    : IThreadPoolWorkItem
{
    public void Execute() => _ = DeviceClosing.CloseAsync(device, log, message).PipeTo(replyTo, supervisor);
}
