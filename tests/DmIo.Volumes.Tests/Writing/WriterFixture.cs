using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>A writer of a volume of two or more legs and a witness. Voters answer when the test says so; steps on legs
/// end when the test ends them.</summary>
internal sealed class WriterFixture : IWriterHost
{
    private readonly Dictionary<ClientOperation, OperationOutcome> outcomes = [];
    private readonly List<int> mapReads = [];

    internal WriterFixture(
        bool isPowerLost = false,
        MemberSet inSync = default,
        WriterRules? rules = null,
        bool isStopped = false,
        ulong session = 0,
        int legs = 2,
        WriterPolicy? policy = null)
    {
        Maps = [.. Enumerable.Range(0, legs).Select(_ => Empty())];
        Known = new VolumeRecord
        {
            Version = new RecordVersion(Epoch.None, 0),
            Configuration = VolumeConfiguration.Of(
                QuorumRule.Majority, [.. Enumerable.Range(0, legs).Select(leg => Id(101 + leg))], [Id(3)]),
            Size = ByteSize.FromBytes(8L << RegionRange.ExtentShift),
            InSync = inSync.IsEmpty ? MemberSet.FirstMembers(legs) : inSync,
            IsPowerLost = isPowerLost,
            IsStopped = isStopped,
            Session = session,
            PowerLossSession = isPowerLost ? session : 0,
            Lineage = Id(4),
        };
        Core = new VolumeWriter(this, rules ?? new WriterRules(), Id(5), Known, policy);
    }

    internal static int WitnessMember => VolumeConfiguration.MaxLegs;

    internal VolumeRecord Known { get; }

    /// <summary>The record that the voters hold.</summary>
    internal VolumeRecord? Newest { get; init; }

    internal VolumeWriter Core { get; }

    internal WriterState State => Core.State;

    /// <summary>The maps of the legs.</summary>
    internal LegMaps?[] Maps { get; }

    internal TimeSpan Now { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What was sent to legs and has not ended, in order.</summary>
    internal List<WriterStep> Steps { get; } = [];

    public void RequestsChanged()
    {
    }

    public void StateChanged()
    {
    }

    public void ReadMaps(int leg) => mapReads.Add(leg);

    public void WriteActive(ActiveStep step) => Steps.Add(step);

    public void WriteMissed(MissedStep step) => Steps.Add(step);

    public void Write(ClientOperation operation) => Steps.Add(operation);

    public void Read(ClientOperation operation) => Steps.Add(operation);

    public void Zero(ZeroStep step) => Steps.Add(step);

    public void Flush(FlushStep step) => Steps.Add(step);

    public void Copy(CopyStep step) => Steps.Add(step);

    public void Verify(VerifyStep step) => Steps.Add(step);

    public long LoadOf(int leg) => Steps.Count(step => step.Waiting[leg]);

    public void Answer(ClientOperation operation, OperationOutcome outcome) => outcomes.Add(operation, outcome);

    internal static LegMaps Empty() =>
        new(new RegionSet(), [.. Enumerable.Range(0, VolumeConfiguration.MaxLegs).Select(_ => new RegionSet())]);

    internal static Guid Id(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>A writer whose take-over waits for promises: two voters would promise, and others are not waited for.
    /// </summary>
    internal static WriterFixture Preparing()
    {
        var fixture = new WriterFixture();
        fixture.Core.TakeOver.IsGraceOver = true;
        fixture.Core.Begin(Id(6));
        fixture.Core.Replied(0, new WouldPromise(Epoch.None), fixture.Now);
        fixture.Core.Replied(1, new WouldPromise(Epoch.None), fixture.Now);
        return fixture;
    }

    /// <summary>A writer that serves, with a lease.</summary>
    internal static WriterFixture Active(
        bool isPowerLost = false,
        MemberSet inSync = default,
        WriterRules? rules = null,
        ulong session = 0,
        int legs = 2,
        WriterPolicy? policy = null)
    {
        var fixture = new WriterFixture(isPowerLost, inSync, rules, isStopped: false, session, legs, policy);
        fixture.Core.Begin(Id(6));
        fixture.Settle();
        Assert.True(fixture.State.IsActive);
        fixture.Renew();
        return fixture;
    }

    internal OperationOutcome? OutcomeOf(ClientOperation operation) =>
        outcomes.TryGetValue(operation, out var outcome) ? outcome : null;

    internal ClientOperation Submit(IoOperation operation, long region = 0, ulong session = 0)
    {
        var range = operation == IoOperation.Flush ? default : new RegionRange(region, 1);
        var submitted = new ClientOperation(operation, range, range, session);
        Core.Submit(submitted, Now);
        return submitted;
    }

    internal void Renew(params int[] members)
    {
        var renew = Core.Lease.Renew(Now);
        foreach (var member in members.Length == 0 ? [.. Known.Configuration.Voters] : members)
        {
            Core.Replied(member, new Leased(renew.Epoch, renew.Counter), Now);
        }
    }

    /// <summary>The step of a kind that waits longest.</summary>
    internal TStep Step<TStep>()
        where TStep : WriterStep => Steps.OfType<TStep>().First();

    /// <summary>Ends a step on one leg, or on all that have not answered.</summary>
    internal void End(WriterStep step, LegResult result = LegResult.Ok, int leg = -1)
    {
        foreach (var member in leg < 0 ? step.Waiting : MemberSet.Of(leg))
        {
            Core.Completed(step, member, result, Now);
        }

        if (step.IsOver)
        {
            Steps.Remove(step);
        }
    }

    /// <summary>Voters answer, maps are read and written, legs are flushed, until nothing of that waits.</summary>
    internal void Settle()
    {
        while (AnswerRequests() | ReadMaps() | EndMapSteps())
        {
            // Each answer can lead to the next request.
        }
    }

    /// <summary>Voters answer every request.</summary>
    internal bool AnswerRequests()
    {
        var answered = false;
        foreach (var member in State.Chosen.Configuration.Voters | (State.Proposed ?? Known).Configuration.Voters)
        {
            while ((Core.VoteRequestTo(member) ?? Core.LegRequestTo(member)) is { } request)
            {
                Core.Replied(member, ReplyTo(request), Now);
                answered = true;
            }
        }

        return answered;
    }

    private VoterReply ReplyTo(VoterRequest request) => request switch
    {
        PreVote => new WouldPromise(Epoch.None),
        Prepare => new Promise(request.Epoch, Newest ?? Known, IsDrained: true, IsContinuous: true, Id(7)),
        Accept accept => new Accepted(accept.Record.Version),
        Attach attach => new Granted(request.Epoch, attach.Attempt, 1),
        Detach detach => new Detached(request.Epoch, detach.Attempt),
        Mark mark => new Marked(request.Epoch, mark.Attempt),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request, null),
    };

    private bool ReadMaps()
    {
        var reads = mapReads.ToArray();
        mapReads.Clear();
        foreach (var leg in reads)
        {
            Core.MapsRead(leg, Maps[leg], Now);
        }

        return reads.Length != 0;
    }

    private bool EndMapSteps()
    {
        var steps = Steps.Where(step => step is ActiveStep or MissedStep).ToArray();
        foreach (var step in steps)
        {
            End(step);
            Steps.Remove(step);
        }

        return steps.Length != 0;
    }
}
