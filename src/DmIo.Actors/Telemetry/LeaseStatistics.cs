namespace DmIo.Actors.Telemetry;

/// <summary>
/// The statistics of one lease since it was granted. Counts never decrease; current values are those after the request
/// actor's last message. Read without stopping the actor: the numbers of one request can be seen partially updated.
/// </summary>
public sealed record LeaseStatistics
{
    /// <summary>The <see cref="DmIo.Memory.LeaseId"/>, which is also in the actor's name.</summary>
    public required long Id { get; init; }

    /// <summary>Pages of 4096 bytes that were granted.</summary>
    public required int Pages { get; init; }

    /// <summary>The weight, 1 to 10000.</summary>
    public required int Weight { get; init; }

    /// <summary>Requests that were accepted.</summary>
    public required long Requests { get; init; }

    /// <summary>The accepted requests that were answered.</summary>
    public required long Answered { get; init; }

    /// <summary>The answered requests with an error bit.</summary>
    public required long Errors { get; init; }

    /// <summary>Requests that were refused: nothing happened.</summary>
    public required long Refused { get; init; }

    /// <summary>Regions sent to devices.</summary>
    public required long Regions { get; init; }

    /// <summary>The data of requests answered without an error; each request counts once, however many regions it
    /// has.</summary>
    public required long Bytes { get; init; }

    /// <summary>Pages of 4096 bytes used for I/O, summed over all requests.</summary>
    public required long PagesWired { get; init; }

    /// <summary>Messages that the request actor received: one for each request, one for each turn of a device that
    /// answered it, and a few others.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Messages that the request actor sent: to devices, one for all regions that are dispatched together; one
    /// for each outcome that is not delivered by a call; and those to itself.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>Pages in I/O for unanswered requests; at most <see cref="Credit"/>.</summary>
    public required int PagesInFlight { get; init; }

    /// <summary>Pages in quarantine: their request was answered at its deadline, and a device still uses
    /// them.</summary>
    public required int PagesQuarantined { get; init; }

    /// <summary>Pages that the pool lends to the lease, to replace those in quarantine, and those in I/O at slow
    /// devices while other requests wait.</summary>
    public required int PagesLent { get; init; }

    /// <summary>
    /// The pages that requests may have in I/O now: granted and lent pages less those in quarantine. If the credit is
    /// less than <see cref="Pages"/>, the lease has shrunk, because <c>dmio.pool.max-pages</c> leaves no page to lend.
    /// </summary>
    public required int Credit { get; init; }

    /// <summary>Requests in progress at devices.</summary>
    public required int InFlight { get; init; }

    /// <summary>Requests that wait for pages of the lease.</summary>
    public required int Waiting { get; init; }
}
