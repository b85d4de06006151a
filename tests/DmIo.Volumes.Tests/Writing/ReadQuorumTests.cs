using DmIo.Io;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>VR11: reads that a quorum of the voters confirms, of a writer with two legs and a witness.</summary>
public sealed class ReadQuorumTests
{
    private static readonly WriterPolicy Confirming =
        new() { ConfirmsReads = true, HoldsFor = TimeSpan.FromSeconds(10) };

    private readonly WriterFixture fixture = WriterFixture.Active(policy: Confirming);

    [Fact]
    public void VR11_A_read_is_answered_when_a_quorum_has_confirmed_the_epoch_after_it()
    {
        var read = Read();
        Assert.Null(fixture.OutcomeOf(read));
        Confirm(0);
        Assert.Null(fixture.OutcomeOf(read));
        Confirm(WriterFixture.WitnessMember);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
        Assert.Null(fixture.Core.LeaseRequestTo(1));
    }

    /// <summary>The lease is in force by the clock of the writer, which may have stopped.</summary>
    [Fact]
    public void VR11_An_answer_to_a_request_that_was_sent_before_the_read_was_done_does_not_confirm_it()
    {
        var before = fixture.Core.Lease.Renew(fixture.Now);
        var read = Read();
        Answer(before, 0, 1, WriterFixture.WitnessMember);
        Assert.Null(fixture.OutcomeOf(read));
        Confirm(0, 1);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_renewal_of_the_lease_that_was_sent_after_a_read_confirms_it()
    {
        var read = Read();
        fixture.Renew(0, 1);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    [Fact]
    public void Reads_that_end_while_a_request_is_in_flight_share_the_next_one()
    {
        var first = Read();
        var request = RequestTo(0);
        var (second, third) = (Read(1), Read(2));
        Assert.Equal(request, RequestTo(0));
        Confirm(0, 1);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(first));
        Assert.Null(fixture.OutcomeOf(second));
        Confirm(0, 1);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(second));
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(third));
    }

    [Fact]
    public void A_request_is_repeated_for_the_voters_that_have_not_answered_it()
    {
        Read();
        Confirm(0);
        Assert.Null(fixture.Core.LeaseRequestTo(0));
        Assert.Equal(RequestTo(1), RequestTo(1));
    }

    [Fact]
    public void A_read_of_a_writer_that_was_replaced_before_the_confirmation_is_not_Ok()
    {
        var read = Read();
        Confirm(0);
        var higher = new Epoch(99, WriterFixture.Id(99));
        foreach (var member in (int[])[1, WriterFixture.WitnessMember])
        {
            fixture.Core.Replied(member, new Refused(higher, TimeSpan.Zero), fixture.Now);
        }

        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_read_that_no_quorum_confirms_waits_as_long_as_others_while_the_volume_is_suspended()
    {
        var read = Read();
        Confirm(0);
        Pass(6);
        Assert.Equal(SuspendReason.NoRecordQuorum, fixture.Core.Suspension.Reason);
        Assert.Null(fixture.OutcomeOf(read));
        Pass(10);
        Assert.Equal(OperationOutcome.Suspended, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_lease_that_was_released_is_not_asked_for_by_reads()
    {
        var read = Read();
        fixture.Core.Lease.Release();
        Assert.Null(fixture.Core.LeaseRequestTo(0));
        fixture.Renew();
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    /// <summary>Voters refuse the numbers up to that of a release.</summary>
    [Fact]
    public void A_writer_that_begins_again_continues_the_numbers_of_its_requests()
    {
        var released = fixture.Core.Lease.Release();
        var next = new WriterFixture();
        next.Core.Continue(fixture.Core);
        Assert.Equal(released.Counter + 1, next.Core.Lease.Renew(next.Now).Counter);
    }

    /// <summary>A read that is done on its leg.</summary>
    private ClientOperation Read(long region = 0)
    {
        var read = fixture.Submit(IoOperation.Read, region);
        fixture.End(read);
        return read;
    }

    private void Confirm(params int[] members) => Answer(RequestTo(members[0]), members);

    private Renew RequestTo(int member) => Assert.IsType<Renew>(fixture.Core.LeaseRequestTo(member));

    private void Answer(Renew request, params int[] members) => Array.ForEach(members, member =>
        fixture.Core.Replied(member, new Leased(request.Epoch, request.Counter), fixture.Now));

    private void Pass(double seconds)
    {
        fixture.Now += TimeSpan.FromSeconds(seconds);
        fixture.Core.Tick(fixture.Now);
    }
}
