namespace DmIo.Actors.Telemetry;

/// <summary>
/// One lease since it was granted. Counts only grow; what is now is as of the request actor's last message. Read
/// without stopping it: numbers of one request may be seen apart.
/// </summary>
public sealed record LeaseStatistics
{
    /// <summary>Its <see cref="DmIo.Memory.LeaseId"/>, as its actor is named.</summary>
    public required long Id { get; init; }

    /// <summary>Pages of 4096 bytes that were granted.</summary>
    public required int Pages { get; init; }

    /// <summary>Its share of a device, 1 to 10000.</summary>
    public required int Weight { get; init; }

    /// <summary>Requests that were accepted.</summary>
    public required long Requests { get; init; }

    /// <summary>Of these, answered.</summary>
    public required long Answered { get; init; }

    /// <summary>Of these, with an error bit.</summary>
    public required long Errors { get; init; }

    /// <summary>Requests that were refused: nothing happened.</summary>
    public required long Refused { get; init; }

    /// <summary>Regions that went to devices.</summary>
    public required long Regions { get; init; }

    /// <summary>Data of the requests answered without an error, each once however many regions it went to.</summary>
    public required long Bytes { get; init; }

    /// <summary>Pages of 4096 bytes wired for I/O by all requests together.</summary>
    public required long PagesWired { get; init; }

    /// <summary>Messages that the request actor took in: one for each request, each turn of a device that had answers
    /// for it, and little else.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Messages that it sent: to devices, many regions in each where many are dispatched together; one for
    /// each outcome that is no delegate's; and those to itself.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>Pages in I/O for requests that are not answered; at most <see cref="Credit"/>.</summary>
    public required int PagesInFlight { get; init; }

    /// <summary>Pages in quarantine: their request was answered at its deadline, and a device still has them.</summary>
    public required int PagesQuarantined { get; init; }

    /// <summary>Pages that the pool lends to the lease in place of those in quarantine, and of those in I/O at slow
    /// devices while other requests wait.</summary>
    public required int PagesLent { get; init; }

    /// <summary>
    /// Pages that requests may have in I/O now: granted and lent ones less those in quarantine. Less than
    /// <see cref="Pages"/>: the lease has shrunk, as <c>dmio.pool.max-pages</c> leaves nothing to lend.
    /// </summary>
    public required int Credit { get; init; }

    /// <summary>Requests that devices work at.</summary>
    public required int InFlight { get; init; }

    /// <summary>Requests beyond the lease's pages, which wait for them.</summary>
    public required int Waiting { get; init; }
}
