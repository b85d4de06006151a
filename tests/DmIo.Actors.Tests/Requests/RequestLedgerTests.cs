using Akka.Actor;
using DmIo.Io;
using DmIo.Pages;
using Xunit;
using static DmIo.Actors.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestLedgerTests
{
    private static readonly IoStatus Late = IoStatus.Failed(IoStatusCode.TimedOut, "late");

    private readonly RequestLedger ledger = new(pages: 1);
    private long lastId;

    [Fact]
    public void R4_a_request_that_needs_no_device_passes_those_that_wait()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        Accept(new IoRegion("disk", 8, 8));
        Assert.Equal([first], DispatchAll());

        var empty = Accept(new IoRegion("disk", 0, 0));

        Assert.Equal([empty], TakeOutcomes());
    }

    [Fact]
    public void R11_when_an_outcome_is_there_its_credit_is_free()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();

        ledger.Complete(new(first.Id, 0), IoStatus.Ok);

        Assert.Equal([second], DispatchAll());
        Assert.Equal([first], TakeOutcomes());
    }

    [Fact]
    public void R23_a_late_request_has_its_outcome_and_keeps_its_credit_until_the_device_lets_go()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();
        first[0]!.TryIssue();

        ledger.Expire(first, Late);

        Assert.Equal([first], TakeOutcomes());
        Assert.Empty(DispatchAll());
        ledger.Complete(new(first.Id, 0), IoStatus.Ok);
        Assert.Equal([second], DispatchAll());
        Assert.Empty(TakeOutcomes());
    }

    [Fact]
    public void R23_a_deadline_after_the_outcome_changes_nothing()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        ledger.Complete(new(first.Id, 0), IoStatus.Ok);

        ledger.Expire(first, Late);

        Assert.True(Assert.Single(TakeOutcomes()).Result.IsOk);
        Assert.True(ledger.IsIdle);
    }

    [Fact]
    public void An_answer_for_a_request_that_is_over_changes_nothing()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        ledger.Expire(first, Late);
        Assert.True(ledger.IsIdle);

        ledger.Complete(new(first.Id, 0), IoStatus.Ok);

        Assert.Equal(IoStatusCode.TimedOut, Assert.Single(TakeOutcomes()).Result[0].Code);
    }

    [Fact]
    public void R24_at_the_end_everything_has_an_outcome_and_only_what_a_device_has_is_held()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();
        first[0]!.TryIssue();
        var hold = new LeaseHold(new LeaseId(1), ActorRefs.Nobody);

        Assert.True(ledger.StopAll(IoStatus.Failed(IoStatusCode.Stopped, "stopped"), hold));

        var outcomes = TakeOutcomes();
        Assert.Equal([second, first], outcomes);
        Assert.Equal([false, true], outcomes.Select(request => request.Result.BufferHeld));
    }

    [Fact]
    public void R23_requests_that_time_out_behind_a_stuck_one_are_forgotten()
    {
        Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        Accept(new IoRegion("disk", 8, 8));
        for (var count = 0; count < 1000; count++)
        {
            ledger.Expire(Accept(new IoRegion("disk", 16, 8)), Late);
        }

        Assert.Equal(1000, TakeOutcomes().Count);
        Assert.InRange(ledger.Waiting, 1, 4);
    }

    private RequestState Accept(IoRegion region)
    {
        var request = new IoRequest { Operation = IoOperation.Write, Regions = [], Memory = new byte[4096] };
        var state = new RequestState(++lastId, request, [region], ActorRefs.Nobody, ActorRefs.Nobody);
        ledger.Accept(state);
        return state;
    }

    private List<RequestState> DispatchAll()
    {
        var dispatched = new List<RequestState>();
        while (ledger.TryDispatch(out var request))
        {
            dispatched.Add(request);
        }

        return dispatched;
    }

    private List<RequestState> TakeOutcomes()
    {
        var outcomes = new List<RequestState>();
        while (ledger.TryTakeOutcome(out var request))
        {
            outcomes.Add(request);
        }

        return outcomes;
    }
}
