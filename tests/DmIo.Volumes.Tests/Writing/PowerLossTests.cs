using DmIo.Io;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>Power failures of a whole volume.</summary>
public sealed class PowerLossTests
{
    [Fact]
    public void VM10_A_take_over_after_a_power_failure_waits_for_a_leg_that_is_not_drained()
    {
        var taking = WriterFixture.Preparing();
        var epoch = taking.State.Epoch;
        var lost = new Promise(epoch, taking.Known, IsDrained: true, IsContinuous: false, WriterFixture.Id(7));
        taking.Core.Replied(0, lost, taking.Now);
        taking.Core.Replied(1, lost with { IsDrained = false, IsContinuous = true }, taking.Now);
        Assert.Null(taking.State.Proposed);
        taking.Core.Replied(1, lost with { IsContinuous = true }, taking.Now);
        Assert.Equal(MemberSet.Of(1), taking.State.Proposed!.InSync);
    }

    /// <summary>The file of a leg was truncated: not even the only leg that is continuous is used then.</summary>
    [Fact]
    public void R13_A_take_over_never_uses_a_leg_that_is_blank()
    {
        var taking = WriterFixture.Preparing();
        var blank = new Promise(
            taking.State.Epoch, taking.Known, IsDrained: true, IsContinuous: true, WriterFixture.Id(7), IsBlank: true);
        taking.Core.TakeOver.IsGraceOver = true;
        taking.Core.Replied(0, blank, taking.Now);
        taking.Core.Replied(2, blank with { IsBlank = false }, taking.Now);
        Assert.Null(taking.State.Proposed);
        taking.Core.Replied(1, blank with { IsContinuous = false, IsBlank = false }, taking.Now);
        Assert.Equal(MemberSet.Of(1), taking.State.Proposed!.InSync);
    }

    [Fact]
    public void VR3_A_voter_whose_promise_says_that_it_is_not_drained_is_asked_again()
    {
        var taking = WriterFixture.Preparing();
        var promise = new Promise(taking.State.Epoch, taking.Known, IsDrained: false, IsContinuous: true, default);
        taking.Core.Replied(1, promise, taking.Now);
        Assert.IsType<Prepare>(taking.Core.VoteRequestTo(1));
        taking.Core.Replied(1, promise with { IsDrained = true }, taking.Now);
        Assert.IsNotType<Prepare>(taking.Core.VoteRequestTo(1));
    }

    [Fact]
    public void VM11_The_first_flush_after_a_power_failure_fails_and_the_record_forgets_it()
    {
        var lost = WriterFixture.Active(isPowerLost: true);
        Assert.True(lost.State.Chosen.IsPowerLost);
        var flush = lost.Submit(IoOperation.Flush);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.PowerLost, lost.OutcomeOf(flush));
        lost.Settle();
        Assert.False(lost.State.Chosen.IsPowerLost);
        var next = lost.Submit(IoOperation.Flush);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.Ok, lost.OutcomeOf(next));
    }

    [Fact]
    public void VM11_A_flush_of_no_user_leaves_the_power_failure_to_the_next_one()
    {
        var lost = WriterFixture.Active(isPowerLost: true);
        var freeze = new ClientOperation(IoOperation.Flush, default, default, session: 0) { ReportsPowerLoss = false };
        lost.Core.Submit(freeze, lost.Now);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.Ok, lost.OutcomeOf(freeze));
        var flush = lost.Submit(IoOperation.Flush);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.PowerLost, lost.OutcomeOf(flush));
    }

    /// <summary>Without a session, a user may have written before the power failure.</summary>
    [Fact]
    public void VM11_A_power_failure_is_not_reported_to_a_session_that_was_opened_after_it()
    {
        var lost = WriterFixture.Active(isPowerLost: true, session: 5);
        lost.Core.OpenSession(lost.Now);
        lost.Settle();
        var newer = lost.Submit(IoOperation.Flush, session: 6);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.Ok, lost.OutcomeOf(newer));
        var unknown = lost.Submit(IoOperation.Flush);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.PowerLost, lost.OutcomeOf(unknown));
    }

    [Fact]
    public void VM11_A_power_failure_is_reported_to_a_session_that_was_opened_before_it()
    {
        var lost = WriterFixture.Active(isPowerLost: true, session: 5);
        var flush = lost.Submit(IoOperation.Flush, session: 5);
        lost.End(lost.Step<FlushStep>());
        Assert.Equal(OperationOutcome.PowerLost, lost.OutcomeOf(flush));
    }
}
