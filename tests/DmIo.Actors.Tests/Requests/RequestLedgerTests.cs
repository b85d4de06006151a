using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Requests;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestLedgerTests
{
    private static readonly IoStatus Late = IoStatus.Failed(IoStatusCode.TimedOut, "late");

    private readonly RequestLedger ledger = new(pages: 1);

    [Fact]
    public void R4_a_request_that_needs_no_device_passes_waiting_requests()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        Accept(new IoRegion("disk", 8, 8));
        Assert.Equal([first], DispatchAll());

        var empty = Accept(new IoRegion("disk", 0, 0));

        Assert.Equal([empty], TakeOutcomes());
    }

    [Fact]
    public void R11_the_credit_is_free_when_the_outcome_is_set()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();

        Answer(first);

        Assert.Equal([second], DispatchAll());
        Assert.Equal([first], TakeOutcomes());
    }

    [Fact]
    public void R23_a_late_request_has_its_outcome_and_without_a_loan_keeps_its_credit_until_the_device_releases_it()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();
        first[0]!.TryIssue();

        ledger.Expire(first, Late);

        Assert.Equal([first], TakeOutcomes());
        Assert.Equal((1, 0), (ledger.PagesQuarantined, ledger.Credit));
        Assert.Empty(DispatchAll());
        Answer(first);
        Assert.Equal([second], DispatchAll());
        Assert.Empty(TakeOutcomes());
        Assert.Equal((0, 1), (ledger.PagesQuarantined, ledger.Credit));
    }

    [Fact]
    public void R23_lent_pages_replace_quarantined_ones_until_the_device_releases_these()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();
        first[0]!.TryIssue();
        Assert.Null(CreditChange());

        ledger.Expire(first, Late);

        Assert.Equal((1, 1, 0), CreditChange());
        Assert.Null(CreditChange());
        ledger.Lend(1);
        Assert.Equal([second], DispatchAll());
        Assert.Equal((1, 1), (ledger.Credit, ledger.PagesInFlight));
        Answer(first);
        Assert.Equal((0, 0, 1), CreditChange());
        Assert.Null(CreditChange());
        Assert.Equal((1, 1, 0), (ledger.Credit, ledger.PagesInFlight, ledger.PagesLent));
    }

    [Fact]
    public void R23_pages_lent_after_the_end_of_the_quarantine_are_returned_at_once()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        first[0]!.TryIssue();
        ledger.Expire(first, Late);
        CreditChange();
        Answer(first);
        Assert.Equal((0, 0, 0), CreditChange());

        ledger.Lend(1);

        Assert.Equal((0, 0, 1), CreditChange());
        Assert.Equal((1, 0), (ledger.Credit, ledger.PagesLent));
    }

    [Fact]
    public void R19_a_request_for_another_device_borrows_the_pages_in_use_at_a_slow_device()
    {
        var first = Accept(new IoRegion("stuck", 0, 8));
        var more = Accept(new IoRegion("stuck", 8, 8));
        var other = Accept(new IoRegion("healthy", 0, 8));
        DispatchAll();
        first.Send(0, TestRequests.Device("stuck", since: TimeSpan.Zero));
        var second = TimeSpan.FromSeconds(1);

        Assert.Equal(second, ledger.FindSlowDevices(second));
        Assert.Empty(DispatchAll());
        Assert.Null(CreditChange());
        Assert.Equal(TimeSpan.MaxValue, ledger.FindSlowDevices(second + TimeSpan.FromTicks(1)));
        Assert.Empty(DispatchAll());
        Assert.Equal((0, 1, 0), CreditChange());

        ledger.Lend(1);

        Assert.Equal([other], DispatchAll());
        Assert.Equal((2, 1), (ledger.PagesInFlight, ledger.Waiting));
        Answer(first);
        ledger.FindSlowDevices(2 * second);
        Assert.Empty(DispatchAll());
        Answer(other);
        Assert.Equal([more], DispatchAll());
        Assert.Equal((0, 0, 1), CreditChange());
    }

    private (int Quarantined, int Wanted, int Returned)? CreditChange() =>
        ledger.TryChangeCredit(out var quarantined, out var wanted, out var returned)
            ? (quarantined, wanted, returned)
            : null;

    [Fact]
    public void R23_a_deadline_after_the_outcome_changes_nothing()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        Answer(first);

        ledger.Expire(first, Late);

        Assert.True(Assert.Single(TakeOutcomes()).Result.IsOk);
        Assert.True(ledger.IsIdle);
    }

    [Fact]
    public void A_delivered_request_is_reused_and_a_timed_out_one_is_not()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        first.Send(0, TestRequests.Device("disk"));
        Answer(first);
        Assert.NotSame(first, ledger.NextState());
        Deliver(Assert.Single(TakeOutcomes()));
        Assert.Same(first, ledger.NextState());

        var second = Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        second.Send(0, TestRequests.Device("disk"));
        ledger.Expire(second, Late);
        Deliver(Assert.Single(TakeOutcomes()));
        Assert.NotSame(second, ledger.NextState());
    }

    private void Deliver(RequestState request)
    {
        request.Deliver(ActorRefs.Nobody);
        ledger.Delivered(request);
    }

    [Fact]
    public void R24_at_the_end_every_request_has_an_outcome_and_only_io_at_devices_is_held()
    {
        var first = Accept(new IoRegion("disk", 0, 8));
        var second = Accept(new IoRegion("disk", 8, 8));
        DispatchAll();
        first[0]!.TryIssue();
        var hold = new LeasePin(new LeaseId(1), ActorRefs.Nobody);

        Assert.True(ledger.StopAll(IoStatus.Failed(IoStatusCode.Stopped, "stopped"), hold));

        var outcomes = TakeOutcomes();
        Assert.Equal([second, first], outcomes);
        Assert.Equal([false, true], outcomes.Select(request => request.Result.BufferHeld));
    }

    [Fact]
    public void R23_requests_that_time_out_behind_a_stuck_one_are_removed()
    {
        Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        Accept(new IoRegion("disk", 8, 8));
        for (var count = 0; count < 1000; count++)
        {
            ledger.Expire(Accept(new IoRegion("disk", 16, 8)), Late);
        }

        Assert.Equal(1000, TakeOutcomes().Count);
        Assert.Equal(1, ledger.Waiting);
    }

    [Fact]
    public void R10_a_canceled_waiting_read_is_withdrawn_and_its_memory_is_not_touched()
    {
        Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        byte[] memory = [.. Enumerable.Repeat((byte)0xA5, 4096)];
        var (read, completion) = AcceptCall(IoOperation.Read, memory);

        ledger.Withdraw(completion, Late);

        Assert.Equal([read], TakeOutcomes());
        Assert.Equal(0, ledger.Waiting);
        Assert.Equal(4096, memory.Count(value => value == 0xA5));
    }

    [Fact]
    public void R10_a_canceled_request_that_was_dispatched_is_not_withdrawn()
    {
        var (write, completion) = AcceptCall(IoOperation.Write, new byte[4096]);
        DispatchAll();

        ledger.Withdraw(completion, Late);

        Assert.Empty(TakeOutcomes());
        Answer(write);
        Assert.True(Assert.Single(TakeOutcomes()).Result.IsOk);
    }

    [Fact]
    public void R10_a_cancellation_after_the_outcome_does_not_withdraw_the_next_user_of_the_state()
    {
        var (first, completion) = AcceptCall(IoOperation.Write, new byte[4096]);
        DispatchAll();
        first.Send(0, TestRequests.Device("disk"));
        Answer(first);
        Deliver(Assert.Single(TakeOutcomes()));
        Accept(new IoRegion("disk", 0, 8));
        DispatchAll();
        var next = ledger.NextState().Begin(
            new IoRequest { Operation = IoOperation.Flush, Regions = [] },
            [new IoRegion("disk", 0, 0)],
            ActorRefs.Nobody,
            new RequestOwner(ActorRefs.Nobody, default, LeaseWeight.Default));
        Assert.Same(first, next);
        ledger.Accept(next);

        ledger.Withdraw(completion, Late);

        Assert.Empty(TakeOutcomes());
        Assert.Equal(1, ledger.Waiting);
    }

    private (RequestState State, TaskCompletion Completion) AcceptCall(IoOperation operation, byte[] memory)
    {
        var outstanding = new OutstandingRequests();
        var completion = new TaskCompletion(outstanding, ActorRefs.Nobody, 1, null);
        outstanding.TryAdd(completion);
        var request = new IoRequest
        {
            Operation = operation,
            Regions = [],
            Memory = memory,
            Completion = completion,
        };
        var state = TestRequests.State(request, new IoRegion("disk", 0, 8));
        completion.Accepted = state;
        ledger.Accept(state);
        return (state, completion);
    }

    private RequestState Accept(IoRegion region)
    {
        var request = new IoRequest { Operation = IoOperation.Write, Regions = [], Memory = new byte[4096] };
        var state = TestRequests.State(request, region);
        ledger.Accept(state);
        return state;
    }

    /// <summary>Answers the request as a device does.</summary>
    private void Answer(RequestState request)
    {
        var io = request[0]!;
        io.TryIssue();
        io.Settle(IoStatus.Ok);
        ledger.Answered(io);
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
