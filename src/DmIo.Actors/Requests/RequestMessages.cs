using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Requests;

/// <summary>What a request actor sends to itself.</summary>
internal static class RequestMessages
{
    /// <summary>To itself: processed after all requests that are in the mailbox already.</summary>
    internal sealed record SendBatches : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static SendBatches Instance { get; } = new();
    }

    /// <summary>To itself: a device has released the memory of an I/O after its answer.</summary>
    internal sealed record MemoryReleased(DeviceIo Io) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To itself: find slow devices.</summary>
    internal sealed record SlowDeviceCheckDue : INoSerializationVerificationNeeded
    {
        /// <summary>A device is slow when the age of its oldest operation exceeds <c>slow-after</c>; equality is not
        /// enough.</summary>
        private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

        /// <summary>A device that receives a request in the meantime may become slow earlier.</summary>
        private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

        internal static SlowDeviceCheckDue Instance { get; } = new();

        internal static TimeSpan PauseUntil(TimeSpan next, TimeSpan now) =>
            (next - now < MaxPause ? next - now : MaxPause) + Margin;
    }

    internal sealed record DeadlineReached(RequestState Request) : INoSerializationVerificationNeeded;
}
