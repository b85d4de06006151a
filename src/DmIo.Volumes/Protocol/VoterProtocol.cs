using DmIo.Volumes.Record;

namespace DmIo.Volumes.Protocol;

/// <summary>
/// The conversation of a writer with a voter. Every request is idempotent: the writer repeats it until it has the
/// final reply, and <see cref="Waiting"/> is the only reply that is not final.
/// <code>
///   PreVote  -> WouldPromise | Refused                  changes nothing
///   Prepare  -> Promise | Refused | Waiting             the voter accepts nothing below the epoch from now on
///   Accept   -> Accepted | Refused | Waiting            the voter holds the record durably
///   Attach   -> Granted | AttachRefused | Refused | Waiting
///   Detach   -> Detached | Waiting                      the leg takes no more I/O of the grant, and is drained
///   Mark     -> Marked | Refused | Waiting              the state of the leg is durable
///   Renew    -> Leased | Refused                        reads are allowed for a while
///   Release  -> (none)                                  the lease is over
/// </code>
/// </summary>
/// <param name="Epoch">The epoch of the writer.</param>
internal abstract record VoterRequest(Epoch Epoch);

/// <summary>Asks whether the voter would promise the epoch.</summary>
/// <param name="Epoch">An epoch with the Guid of the attempt; its round is not chosen yet and does not count.</param>
/// <param name="Owner">The writer, which stays the same over its attempts.</param>
internal sealed record PreVote(Epoch Epoch, Guid Owner) : VoterRequest(Epoch);

/// <summary>Asks for the promise to accept nothing below the epoch, and to fence the leg from every earlier
/// writer.</summary>
internal sealed record Prepare(Epoch Epoch, Guid Owner) : VoterRequest(Epoch);

/// <summary>Asks to hold a record durably.</summary>
internal sealed record Accept(VolumeRecord Record) : VoterRequest(Record.Version.Epoch);

/// <summary>Asks for access to the leg.</summary>
/// <param name="Epoch">The epoch of the writer.</param>
/// <param name="Attempt">The number of the attachment in the epoch: one attachment has one grant.</param>
/// <param name="Incarnation">The incarnation that the promise named; empty: any.</param>
internal sealed record Attach(Epoch Epoch, int Attempt, Guid Incarnation) : VoterRequest(Epoch);

/// <summary>Asks to cut and drain the grant of an attachment.</summary>
internal sealed record Detach(Epoch Epoch, int Attempt) : VoterRequest(Epoch);

/// <summary>Asks to store the state of the leg.</summary>
internal sealed record Mark(Epoch Epoch, int Attempt, LegState State) : VoterRequest(Epoch);

/// <summary>Asks for the read lease, from the time of sending on.</summary>
/// <param name="Epoch">The epoch of the writer.</param>
/// <param name="Owner">The writer.</param>
/// <param name="Counter">Grows with each request of the owner.</param>
internal sealed record Renew(Epoch Epoch, Guid Owner, ulong Counter) : VoterRequest(Epoch);

/// <summary>Ends the leases of the owner up to a counter.</summary>
internal sealed record Release(Epoch Epoch, Guid Owner, ulong Counter) : VoterRequest(Epoch);

/// <summary>A reply of a voter; see <see cref="VoterRequest"/>.</summary>
internal abstract record VoterReply;

/// <summary>The voter would promise a new epoch.</summary>
/// <param name="Promised">The highest epoch that it has promised: the new one must be above it.</param>
internal sealed record WouldPromise(Epoch Promised) : VoterReply;

/// <summary>The voter has promised a higher epoch, or a lease is in force. Nothing changed.</summary>
/// <param name="Promised">The highest epoch that the voter has promised.</param>
/// <param name="LeaseRemaining">The time until the lease of another writer ends; zero: no lease.</param>
internal sealed record Refused(Epoch Promised, TimeSpan LeaseRemaining) : VoterReply;

/// <summary>The voter works on the request: it drains the leg or writes its superblock.</summary>
internal sealed record Waiting : VoterReply
{
    internal static readonly Waiting Instance = new();
}

/// <summary>The promise.</summary>
/// <param name="Epoch">The promised epoch.</param>
/// <param name="Record">The newest record that the voter holds.</param>
/// <param name="IsDrained">No I/O of an earlier writer can reach the leg any more; false: the limit passed.</param>
/// <param name="IsContinuous">No volatile cache of the leg was lost since its first grant.</param>
/// <param name="Incarnation">The incarnation of the voter: it changes when its process starts, and when the continuity
/// of its leg ends.</param>
/// <param name="IsBlank">The leg holds no data that can be used, whatever the record says.</param>
internal sealed record Promise(
    Epoch Epoch, VolumeRecord Record, bool IsDrained, bool IsContinuous, Guid Incarnation, bool IsBlank = false)
    : VoterReply;

/// <summary>The voter holds the record durably.</summary>
internal sealed record Accepted(RecordVersion Version) : VoterReply;

/// <summary>The leg takes I/O of the attachment.</summary>
/// <param name="Epoch">The epoch of the writer.</param>
/// <param name="Attempt">The number of the attachment.</param>
/// <param name="Generation">The generation of the grant, which only grows.</param>
internal sealed record Granted(Epoch Epoch, int Attempt, ulong Generation) : VoterReply;

/// <summary>The leg lost a volatile cache since the promise, or the attachment was cut already: the leg is
/// lost.</summary>
internal sealed record AttachRefused(Epoch Epoch, int Attempt) : VoterReply;

/// <summary>The grant of the attachment is cut and drained.</summary>
internal sealed record Detached(Epoch Epoch, int Attempt) : VoterReply;

/// <summary>The state of the leg is durable.</summary>
internal sealed record Marked(Epoch Epoch, int Attempt) : VoterReply;

/// <summary>The lease is in force.</summary>
internal sealed record Leased(Epoch Epoch, ulong Counter) : VoterReply;
