using DmIo.Actors.Requests;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Telemetry;

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

    internal void Accepted(RequestState request)
    {
        requests++;
        pagesWired += request.Pages;
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

    /// <summary>Before the outcome is handed over: who has it finds it counted.</summary>
    internal void Answered(RequestState request)
    {
        answered++;
        messagesSent += request.IsAnsweredByMessage ? 1 : 0;
        if (request.Result.IsOk)
        {
            bytes += request.DataSectors * Sector.SizeBytes;
        }
        else
        {
            errors++;
        }
    }

    /// <summary>What is now; once for each message.</summary>
    internal void Settled(RequestLedger ledger)
    {
        pagesInFlight = ledger.PagesInFlight;
        pagesQuarantined = ledger.PagesQuarantined;
        pagesLent = ledger.PagesLent;
        credit = ledger.Credit;
        inFlight = ledger.InFlight;
        waiting = ledger.Waiting;
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
