using DmIo.Volumes.Record;

namespace DmIo.Volumes.Voters;

/// <summary>The decisions of a voter on which the safety of a volume rests, each in a method of its own. The check of
/// the protocol shows for each of them that a plausible shortcut loses data.</summary>
internal class VoterRules
{
    /// <summary>A promise waits until I/O of earlier writers can no longer reach the leg. The grant fences again, and a
    /// writer reads nothing of a leg before its grant; therefore the check does not find a loss without this rule. What
    /// it needs is that the fence drains.</summary>
    internal virtual bool FencesBeforePromise => true;

    /// <summary>Accepting a record above the promised epoch fences like a promise. In a model whose legs are not
    /// granted,
    /// a write of an earlier writer lands after the record; here the grant fences again, and the check does not find a
    /// loss without this rule.</summary>
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

    /// <summary>VR5: the same epoch gets the same reply again; a lower one is refused. A record below the promise is
    /// refused in any case, so that a lower promise alone loses nothing.</summary>
    internal virtual bool MayPromise(Epoch asked, Epoch promised) => asked >= promised;
}
