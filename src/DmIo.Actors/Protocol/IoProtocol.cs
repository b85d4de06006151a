using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>A lease's owner and its request actor (<c>Granted.Requests</c>): the I/O requests.</summary>
/// <remarks><code>
///   IoRequest --+--> IoDone       the outcome, after the last chunk of the last region (or at the deadline)
///               +--> IoRefused    nothing happened, no device was touched; names the fault
///               watch the request actor too: requests in a dead actor's mailbox get no reply; handle Terminated,
///               which is also sent after a Put and when the service stops: an actor that does not handle it fails
///               with a DeathPactException
/// </code>
/// Exactly one reply, with the request's context, to <see cref="IoRequest.ReplyTo"/> or, if that is null, to the
/// sender. If the request has a <see cref="IoRequest.Completion"/>, the completion is called instead.</remarks>
public static class IoProtocol
{
    /// <summary>One dm-io request: an operation, up to 64 regions, and memory if the operation transfers
    /// data.</summary>
    public sealed record IoRequest : INoSerializationVerificationNeeded
    {
        /// <summary>Boxed: the value is large, and mostly null.</summary>
        private readonly object? parent;

        /// <summary>The operation.</summary>
        public required IoOperation Operation { get; init; }

        /// <summary>1 to 64 regions, exactly 1 for a read. Error bit i belongs to region i. Must not change after
        /// sending.</summary>
        public required IReadOnlyList<IoRegion> Regions { get; init; }

        /// <summary>
        /// The memory of a read or write; null for other operations. At least as long as the largest region (less its
        /// <see cref="Edges"/>). Every region starts at the first byte. The caller must not touch it before the
        /// outcome; the service does not touch it after the outcome, unless <see cref="IoResult.BufferHeld"/> is set.
        /// </summary>
        public IoMemory? Memory { get; init; }

        /// <summary>Force unit access (FUA): the write is durable when it completes. Writes only.</summary>
        public bool ForceUnitAccess { get; init; }

        /// <inheritdoc cref="RequestOptions.NoExtend"/>
        public bool NoExtend { get; init; }

        /// <summary>The bytes at both ends of each region that the write preserves, for data that is not whole sectors.
        /// Writes only.</summary>
        public WriteEdges Edges { get; init; }

        /// <summary>The method of zeroing. Write zeroes only.</summary>
        public WriteZeroesFlags Zeroing { get; init; }

        /// <summary>The priority at the devices; the same for every region.</summary>
        public IoPriority Priority { get; init; }

        /// <summary>The latest time of the outcome, counted from the request's arrival; null: no limit.
        /// Positive.</summary>
        public TimeSpan? Deadline { get; init; }

        /// <summary>Returned unchanged with the outcome.</summary>
        public object? Context { get; init; }

        /// <summary>The receiver of the outcome; null: the sender.</summary>
        public IActorRef? ReplyTo { get; init; }

        /// <summary>The parent of the request's span, see <see cref="DmIoTracing"/>; null: no parent.</summary>
        public ActivityContext? Parent
        {
            get => (ActivityContext?)parent;
            init => parent = value;
        }

        /// <summary>Called with the outcome instead of a message; null: the outcome is a message. The call allocates
        /// nothing and runs in the request actor: see <see cref="IIoCompletion"/> for its restrictions.</summary>
        public IIoCompletion? Completion { get; init; }

        /// <summary>The request waits even beyond the lease's bound on waiting requests, because a caller waits for it;
        /// other requests are refused there (<see cref="IoRefusal.NoRoom"/>).</summary>
        internal bool WaitsForRoom { get; init; }
    }

    /// <summary>The outcome of a request. <see cref="IoResult.Context"/> is the request's context.</summary>
    public sealed record IoDone(IoResult Result) : INoSerializationVerificationNeeded;

    /// <summary>The request was not begun.</summary>
    /// <param name="Cause">The cause, which says whether the request can be sent again.</param>
    /// <param name="Reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="Context">The request's context.</param>
    public sealed record IoRefused(IoRefusal Cause, string Reason, object? Context)
        : INoSerializationVerificationNeeded;

    /// <summary>The lease's owner waits no longer for a device: the regions of dispatched requests on it that are not
    /// done end as TimedOut. I/O in flight holds its memory until the device releases it, as at a deadline
    /// (R23).</summary>
    internal sealed record GiveUpDevice(string Device) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The caller of a request canceled it: a request that waits for credit ends as Stopped, any other
    /// continues. Can arrive before the request.</summary>
    internal sealed record WithdrawRequest(ICancelableCompletion Completion)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

/// <summary>
/// Receives the outcome of a request by a call instead of a message (<see cref="IoProtocol.IoRequest.Completion"/>),
/// for senders of many requests per second. Exactly one of the two methods is called, once, in the request actor: one
/// call at a time for each lease. An implementation must not block (the lease's other outcomes wait for it) and must
/// not throw (that ends the lease). It may send requests to the same request actor.
/// </summary>
/// <remarks>
/// Neither method is called for a request in the mailbox of a request actor that died. Watch the request actor and
/// handle its <see cref="Akka.Actor.Terminated"/>, which is also sent when the service stops; or use an
/// <see cref="IoCompletion"/> with <see cref="IoClient.TrySend"/>, which handle this case.
/// </remarks>
public interface IIoCompletion
{
    /// <summary>The outcome, as in <see cref="IoProtocol.IoDone"/>.</summary>
    void Done(IoResult result);

    /// <summary>The request was not begun, as in <see cref="IoProtocol.IoRefused"/>.</summary>
    void Refused(IoRefusal cause, string reason);

    /// <summary>After an outcome with <see cref="IoResult.BufferHeld"/>: every device has released the memory, which
    /// may be reused. Called once, in the request actor; not called if the lease or the service ends first.</summary>
    void Released()
    {
    }
}

/// <summary>A completion whose caller can withdraw the request while it waits for credit
/// (<see cref="IoProtocol.WithdrawRequest"/>).</summary>
internal interface ICancelableCompletion : IIoCompletion
{
    /// <summary>Thread-safe.</summary>
    bool IsCanceled { get; }

    /// <summary>The request actor's state of the request; null before the request is accepted. Only the request actor
    /// uses it; later requests reuse the same state object.</summary>
    object? Accepted { get; set; }
}

/// <summary>The cause of a refused request.</summary>
public enum IoRefusal
{
    /// <summary>The request breaks a rule: it is always refused.</summary>
    BreaksRule,

    /// <summary>The lease has as many waiting requests as allowed; send the request again when some are done. Applies
    /// to messages and to <see cref="IoClient.TrySend"/>; all other calls of a client wait.</summary>
    NoRoom,

    /// <summary>The lease was put back, or the service has stopped: a retry is refused too. A request that was accepted
    /// earlier but not begun ends with <see cref="DmIo.Io.IoStatusCode.Stopped"/>.</summary>
    Stopped,
}

/// <summary>
/// The service refused a request: nothing happened, no device was touched. The message names the value, the limit and
/// the fix. A failure on a device is not an exception: it is the status of a region.
/// </summary>
public sealed class IoRefusedException : Exception
{
    /// <param name="reason">One sentence that names the value, the limit and the fix.</param>
    /// <param name="cause">The cause of a refused request, or Stopped: the service has stopped; null: another
    /// cause.</param>
    public IoRefusedException(string reason, IoRefusal? cause = null)
        : base(reason) => Cause = cause;

    /// <summary>The cause of a refused request, which says whether it can be sent again. For any other call, such as a
    /// lease or an attach: <see cref="IoRefusal.Stopped"/> if the service has stopped, otherwise null.</summary>
    public IoRefusal? Cause { get; }
}
