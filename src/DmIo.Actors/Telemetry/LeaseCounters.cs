using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Telemetry;

/// <summary>What a lease has in use now, in pages and in requests; the same as in
/// <see cref="LeaseStatistics"/>.</summary>
internal readonly record struct LeaseGauges(
    int PagesInFlight, int PagesQuarantined, int PagesLent, int Credit, int InFlight, int Waiting);

/// <summary>
/// What a request actor counts. Plain numbers that it alone writes; read from any thread by <see cref="Snapshot"/>.
/// Shared with the supervisor, which lives longer.
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

    /// <summary>Taken in; and outcomes, which nobody else counts.</summary>
    internal long Messages => Volatile.Read(ref messagesReceived) + Volatile.Read(ref messagesSent)
        - Volatile.Read(ref messagesInside);

    /// <summary>Messages that it sent itself, to send out what it dispatched.</summary>
    internal long Turns => Volatile.Read(ref turns);

    internal void Received() => messagesReceived++;

    /// <summary>A request was accepted, with that many pages in I/O for it.</summary>
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

    /// <summary>A region goes to its device.</summary>
    internal void SentRegion() => regions++;

    /// <summary>To a device, however many regions hang on it: counted by its receiver.</summary>
    internal void SentOut()
    {
        messagesSent++;
        messagesInside++;
    }

    /// <summary>To itself.</summary>
    internal void AskedForTurn()
    {
        SentOut();
        turns++;
    }

    /// <summary>A request is answered. Called before the outcome is delivered, so that its receiver finds it
    /// counted.</summary>
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

    /// <summary>The current values; once for each message.</summary>
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
