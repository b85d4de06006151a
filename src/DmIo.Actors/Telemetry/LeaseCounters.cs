using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Telemetry;

/// <summary>The pages and requests that a lease has in use now, as in <see cref="LeaseStatistics"/>.</summary>
internal readonly record struct LeaseGauges(
    int PagesInFlight, int PagesQuarantined, int PagesLent, int Credit, int InFlight, int Waiting);

/// <summary>
/// The counters of a request actor. Plain fields that only the actor writes; <see cref="Snapshot"/> reads them from any
/// thread. Shared with the supervisor, which outlives the actor.
/// </summary>
internal sealed class LeaseCounters(LeaseId lease, int pages, int weight)
{
    private long requests;
    private long answered;
    private long errors;
    private long refused;
    private long regions;
    private long bytes;
    private long pagesWired;
    private long messagesReceived;
    private long messagesSent;
    private long messagesInside;
    private long turns;
    private int pagesInFlight;
    private int pagesQuarantined;
    private int pagesLent;
    private int credit = pages;
    private int inFlight;
    private int waiting;

    internal long Id => lease.Value;

    internal long Requests => Volatile.Read(ref requests);

    internal int Pages { get; } = pages;

    internal int PagesInFlight => Volatile.Read(ref pagesInFlight);

    internal int PagesQuarantined => Volatile.Read(ref pagesQuarantined);

    internal int PagesLent => Volatile.Read(ref pagesLent);

    internal int Credit => Volatile.Read(ref credit);

    internal long PagesWired => Volatile.Read(ref pagesWired);

    /// <summary>Messages received, and outcomes sent, which no receiver counts.</summary>
    internal long Messages => Volatile.Read(ref messagesReceived) + Volatile.Read(ref messagesSent)
        - Volatile.Read(ref messagesInside);

    /// <summary>Messages to itself, each of which sends the dispatched regions.</summary>
    internal long Turns => Volatile.Read(ref turns);

    internal void Received() => messagesReceived++;

    /// <summary>A request was accepted, with this number of pages in I/O.</summary>
    internal void Accepted(long wired)
    {
        requests++;
        pagesWired += wired;
    }

    internal void Refused(bool isMessage)
    {
        refused++;
        messagesSent += isMessage ? 1 : 0;
    }

    /// <summary>A region is sent to its device.</summary>
    internal void SentRegion() => regions++;

    /// <summary>A message was sent to a device, with any number of regions; the receiver counts it.</summary>
    internal void SentMessage()
    {
        messagesSent++;
        messagesInside++;
    }

    /// <summary>A message was sent to the actor itself.</summary>
    internal void RequestedTurn()
    {
        SentMessage();
        turns++;
    }

    /// <summary>A request is answered. Called before the outcome is delivered, so that the receiver of the outcome
    /// finds it counted.</summary>
    internal void Answered(bool isMessage, bool isOk, long dataSectors)
    {
        answered++;
        messagesSent += isMessage ? 1 : 0;
        if (isOk)
        {
            bytes += dataSectors * Sector.SizeBytes;
        }
        else
        {
            errors++;
        }
    }

    /// <summary>Sets the current values; once for each message.</summary>
    internal void Set(in LeaseGauges gauges)
    {
        pagesInFlight = gauges.PagesInFlight;
        pagesQuarantined = gauges.PagesQuarantined;
        pagesLent = gauges.PagesLent;
        credit = gauges.Credit;
        inFlight = gauges.InFlight;
        waiting = gauges.Waiting;
    }

    internal LeaseStatistics Snapshot() => new()
    {
        Id = Id,
        Pages = Pages,
        Weight = weight,
        Requests = Requests,
        Answered = Volatile.Read(ref answered),
        Errors = Volatile.Read(ref errors),
        Refused = Volatile.Read(ref refused),
        Regions = Volatile.Read(ref regions),
        Bytes = Volatile.Read(ref bytes),
        PagesWired = PagesWired,
        MessagesReceived = Volatile.Read(ref messagesReceived),
        MessagesSent = Volatile.Read(ref messagesSent),
        PagesInFlight = PagesInFlight,
        PagesQuarantined = PagesQuarantined,
        PagesLent = PagesLent,
        Credit = Credit,
        InFlight = Volatile.Read(ref inFlight),
        Waiting = Volatile.Read(ref waiting),
    };
}
