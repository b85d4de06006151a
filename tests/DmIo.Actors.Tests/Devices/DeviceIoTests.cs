using DmIo.Actors.Protocol;
using DmIo.Actors.Requests;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.LeaseProtocol;

namespace DmIo.Actors.Tests.Devices;

/// <summary>The ownership of the buffer between the request actor and the device.</summary>
public sealed class DeviceIoTests : ServiceTests
{
    [Fact]
    public void Withdrawn_io_is_not_issued()
    {
        var io = NewIo();

        Assert.True(io.TryWithdraw());

        Assert.False(io.TryIssue());
    }

    [Fact]
    public void Issued_io_is_not_withdrawn_and_is_answered_once()
    {
        var io = NewIo();
        Assert.True(io.TryIssue());
        Assert.False(io.TryWithdraw());

        io.Answer(IoStatus.Ok);

        Assert.Same(io, ExpectMsg<DeviceDone>().Io);
        Assert.Throws<InvariantViolationException>(() => io.Answer(IoStatus.Ok));
    }

    [Fact]
    public void A_second_issue_is_refused()
    {
        var io = NewIo();
        Assert.True(io.TryIssue());

        Assert.False(io.TryIssue());
    }

    [Fact]
    public void A_refusal_of_withdrawn_io_is_not_sent()
    {
        var io = NewIo();
        io.TryWithdraw();

        io.Refuse(IoStatus.Failed(IoStatusCode.DeviceGone, "gone"));

        Assert.False(io.IsAnswered || HasMessages);
    }

    [Fact]
    public async Task A_race_between_issue_and_withdrawal_has_one_winner()
    {
        for (var round = 0; round < 200; round++)
        {
            var io = NewIo();
            using var start = new Barrier(2);
            bool AtTheSameTime(Func<bool> take)
            {
                start.SignalAndWait();
                return take();
            }

            var issue = Task.Run(() => AtTheSameTime(io.TryIssue));
            var withdraw = Task.Run(() => AtTheSameTime(io.TryWithdraw));

            Assert.True(await issue ^ await withdraw);
        }
    }

    [Fact]
    public void R18_abandoned_io_releases_the_pages_when_it_is_answered_and_not_before()
    {
        var hold = new LeasePin(new LeaseId(7), TestActor);
        var (late, done) = (NewIo(), NewIo());
        late.TryIssue();
        done.TryIssue();
        done.Answer(IoStatus.Ok);
        ExpectMsg<DeviceDone>();
        hold.Add();
        hold.Add();
        late.Abandon(hold.Release);
        done.Abandon(hold.Release);
        hold.Release();
        Assert.False(HasMessages);

        late.Answer(IoStatus.Ok);

        Assert.Equal(7, ExpectMsg<LeaseReleased>().Lease.Value);
    }

    [Fact]
    public void R18_io_answered_as_the_request_actor_stops_keeps_no_page()
    {
        var hold = new LeasePin(new LeaseId(7), TestActor);
        var request = new IoRequest { Operation = IoOperation.Write, Regions = [], Memory = new byte[512] };
        var state = TestRequests.State(request, new IoRegion("disk", 0, 1));
        state[0]!.TryIssue();
        state.EndEarly(IoStatus.Failed(IoStatusCode.Stopped, "stopped"));
        Assert.True(state.Held[0]);
        state[0]!.Answer(IoStatus.Ok);

        state.Abandon(hold);
        hold.Release();

        Assert.Equal(7, ExpectMsg<LeaseReleased>().Lease.Value);
    }

    private DeviceIo NewIo() =>
        TestRequests.Io(IoOperation.Read, new IoRegion("disk", 0, 1), new byte[512], replyTo: TestActor);
}
