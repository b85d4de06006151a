using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>A lease's owner and its request actor (<c>Granted.Requests</c>): reads, writes and the rest.</summary>
/// <remarks><code>
///   IoRequest --+--> IoDone       the outcome, after the last chunk of the last region (or at the deadline)
///               +--> IoRefused    nothing happened, no device was touched; names the fault
///               watch the request actor too: what lies in a dead actor's mailbox gets no reply; handle Terminated,
///               which also comes after a Put and when the service stops, or the watching actor fails with a
///               DeathPactException
/// </code>
/// Exactly one of the two, to <see cref="IoRequest.ReplyTo"/> or else the sender, with the request's context; to
/// <see cref="IoRequest.Completion"/> instead where the request has one.</remarks>
public static class IoProtocol
{
    /// <summary>One request of dm-io: an operation, up to 64 regions, memory where the operation carries
    /// data.</summary>
    public sealed record IoRequest : INoSerializationVerificationNeeded
    {
        /// <summary>Boxed: it is large, and mostly null.</summary>
        private readonly object? parent;

        /// <summary>What to do.</summary>
        public required IoOperation Operation { get; init; }

        /// <summary>Where: 1 to 64 regions, exactly 1 for a read. Region i answers as error bit i. Not changed after
        /// sending.</summary>
        public required IReadOnlyList<IoRegion> Regions { get; init; }

        /// <summary>
        /// From or into which memory: reads and writes only, at least as long as the largest region (less its
        /// <see cref="Edges"/>). Every region starts at its first byte. Not touched by the caller before the outcome;
        /// not touched by the service after it, unless <see cref="IoResult.BufferHeld"/> says so.
        /// </summary>
        public IoMemory? Memory { get; init; }

        /// <summary>A write is durable when it completes (FUA). Writes only.</summary>
        public bool ForceUnitAccess { get; init; }

        /// <summary>What the write keeps of the ends of each region, for data that is not whole sectors. Writes
        /// only.</summary>
        public WriteEdges Edges { get; init; }

        /// <summary>How the sectors are zeroed. Write zeroes only.</summary>
        public WriteZeroesFlags Zeroing { get; init; }

        /// <summary>Which requests go first at the devices; the same for every region.</summary>
        public IoPriority Priority { get; init; }

        /// <summary>When to be answered at the latest, from arrival; null: when it is done. Positive.</summary>
        public TimeSpan? Deadline { get; init; }

        /// <summary>Returned with the outcome, untouched.</summary>
        public object? Context { get; init; }

        /// <summary>Who gets the outcome; null: the sender.</summary>
        public IActorRef? ReplyTo { get; init; }

        /// <summary>The span that this request's is a child of, see <see cref="DmIoTracing"/>; null: it has
        /// none.</summary>
        public ActivityContext? Parent
        {
            get => (ActivityContext?)parent;
            init => parent = value;
        }

        /// <summary>Called with the outcome instead of a message; null: the outcome is told. It allocates nothing, and
        /// runs on the request actor's turn: see <see cref="IIoCompletion"/> for what it must not do.</summary>
        public IIoCompletion? Completion { get; init; }

        /// <summary>It waits beyond the lease's bound on waiting requests, since a caller waits for it; other requests
        /// are refused there (<see cref="IoRefusal.NoRoom"/>).</summary>
        internal bool WaitsForRoom { get; init; }
    }

    /// <summary>The outcome of a request; <see cref="IoResult.Context"/> is the request's.</summary>
    public sealed record IoDone(IoResult Result) : INoSerializationVerificationNeeded;

    /// <summary>The request was not begun.</summary>
    /// <param name="Cause">What may be done about it.</param>
    /// <param name="Reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="Context">The request's.</param>
    public sealed record IoRefused(IoRefusal Cause, string Reason, object? Context)
        : INoSerializationVerificationNeeded;

    /// <summary>The caller of a request gave it up: a request that waits for credit ends as Stopped, any other
    /// continues. Can arrive before the request.</summary>
    internal sealed record WithdrawRequest(ICancelableCompletion Completion)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
