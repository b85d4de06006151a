using DmIo.Volumes.Record;

namespace DmIo.Volumes.Voters;

/// <summary>The decisions of a voter on which the safety of a volume rests, each in a method of its own. The check of
/// the protocol shows for each of them that a plausible shortcut loses data.</summary>
internal class VoterRules
{
    /// <summary>A promise waits until I/O of earlier writers can no longer reach the leg.</summary>
    internal virtual bool FencesBeforePromise => true;

    /// <summary>Accepting a record above the promised epoch fences like a promise: without it, a write of an earlier
    /// writer lands after the record (found after 24 steps).</summary>
    internal virtual bool FencesBeforeAccept => true;

    /// <summary>VM8: the continuity of the leg ends durably before a failed flush or write is answered.</summary>
    internal virtual bool EndsContinuityOnFailure => true;

    /// <summary>VM9: an attachment names the incarnation of the promise, and a leg whose incarnation has changed since
    /// is lost.</summary>
    internal virtual bool ChecksIncarnation => true;

    /// <summary>VR1: a release ends only leases up to its counter, so that a late release does not end a newer
    /// lease.</summary>
    internal virtual bool EndsLease(ulong released, ulong leased) => released >= leased;

    /// <summary>A lease refuses every writer but its holder.</summary>
    internal virtual bool LeaseRefuses(Guid holder, Guid owner) => holder != owner;

    /// <summary>VR5: the same epoch gets the same reply again; a lower one is refused.</summary>
    internal virtual bool MayPromise(Epoch asked, Epoch promised) => asked >= promised;
}
