using Akka.Actor;
using Akka.Event;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>A device that no actor owns: closes it, then replies to the sender of its attach.</summary>
internal sealed class UnservedDevice(
    IBlockDevice device, ILoggingAdapter log, object message, IActorRef replyTo, IActorRef supervisor)
    : IThreadPoolWorkItem
{
    public void Execute() => _ = DeviceClosing.CloseAsync(device, log, message).PipeTo(replyTo, supervisor);
}
