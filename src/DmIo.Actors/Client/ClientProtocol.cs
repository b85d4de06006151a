using Akka.Actor;
using Akka.Event;

namespace DmIo.Actors.Client;

/// <summary>A client and its actor, which is the owner of the client's lease.</summary>
/// <remarks><code>
///   (the actor's start)        it asks for the lease and completes ClientOpening, one way or the other
///   CancelOpening  ----> (stops)   unless the lease is there already
///   CloseClient    ----> (stops)   when the lease is put back and its pages are in the pool; repeated: nothing
/// </code></remarks>
internal static class ClientProtocol
{
    /// <summary>The caller does not wait for the lease any more.</summary>
    internal sealed record CancelOpening : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CancelOpening Instance { get; } = new();
    }

    /// <summary>The client was disposed of, and its last request is on its way.</summary>
    internal sealed record CloseClient : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CloseClient Instance { get; } = new();
    }
}
