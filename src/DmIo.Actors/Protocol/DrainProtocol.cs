using Akka.Actor;

namespace DmIo.Actors.Protocol;

/// <summary>The service's shutdown and the supervisor.</summary>
/// <remarks><code>
///   DrainService ----> ServiceDrained   every lease is closed as by Put, then every device is detached. Later Get and
///                                       AttachDevice are refused. No reply while a device is stuck: bound the wait;
///                                       stopping the supervisor answers the remaining requests.
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
