using Akka.Actor;

namespace DmIo.Actors.Protocol;

/// <summary>Whoever ends the service and the supervisor.</summary>
/// <remarks><code>
///   DrainService ----> ServiceDrained   every lease is closed as by Put, then every device is detached. No Get or
///                                       AttachDevice is granted from now on. Never replied while a device is stuck:
///                                       bound the wait; stopping the supervisor answers what is left.
/// </code></remarks>
internal static class DrainProtocol
{
    internal sealed record DrainService : INoSerializationVerificationNeeded
    {
        internal static DrainService Instance { get; } = new();
    }

    internal sealed record ServiceDrained : INoSerializationVerificationNeeded
    {
        internal static ServiceDrained Instance { get; } = new();
    }
}
