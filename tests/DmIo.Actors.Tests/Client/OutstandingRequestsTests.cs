using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class OutstandingRequestsTests
{
    [Fact]
    public void A_request_is_removed_by_one_caller_only()
    {
        var outstanding = new OutstandingRequests();
        var request = new Request();
        Assert.True(outstanding.TryAdd(request));

        Assert.True(outstanding.Remove(request));
        Assert.False(outstanding.Remove(request));
        Assert.Equal(0, outstanding.Count);
    }

    [Fact]
    public void A_reused_slot_belongs_to_the_new_request_only()
    {
        var outstanding = new OutstandingRequests();
        var (first, second) = (new Request(), new Request());
        outstanding.TryAdd(first);
        outstanding.Remove(first);
        outstanding.TryAdd(second);

        Assert.Equal(first.Slot, second.Slot);
        Assert.False(outstanding.Remove(first));
        Assert.True(outstanding.Remove(second));
    }

    [Fact]
    public void A_closed_set_accepts_no_requests_and_still_releases_its_own()
    {
        var outstanding = new OutstandingRequests();
        var request = new Request();
        outstanding.TryAdd(request);
        outstanding.Sent();

        outstanding.Close();

        Assert.False(outstanding.TryAdd(new Request()));
        Assert.True(outstanding.Remove(request));
    }

    [Fact]
    public void The_closer_reports_the_close_if_nothing_is_being_sent()
    {
        var outstanding = new OutstandingRequests();
        outstanding.TryAdd(new Request());

        Assert.False(outstanding.Sent());
        Assert.True(outstanding.Close());
    }

    [Fact]
    public void The_last_sender_reports_the_close_if_a_request_is_being_sent()
    {
        var outstanding = new OutstandingRequests();
        outstanding.TryAdd(new Request());
        outstanding.TryAdd(new Request());

        Assert.False(outstanding.Close());
        Assert.False(outstanding.Sent());
        Assert.True(outstanding.Sent());
    }

    [Fact]
    public void The_end_returns_each_remaining_request_once()
    {
        var outstanding = new OutstandingRequests();
        var requests = Enumerable.Range(0, 9).Select(_ => new Request()).ToList();
        requests.ForEach(request => outstanding.TryAdd(request));
        outstanding.Remove(requests[4]);

        var left = outstanding.End();

        Assert.Equal(requests.Where((_, index) => index != 4), left);
        Assert.All(requests, request => Assert.False(outstanding.Remove(request)));
        Assert.Empty(outstanding.End());
    }

    [Fact]
    public void In_any_order_of_adding_and_removing_each_request_is_returned_once() =>
        Prop.ForAll<int[]>(steps =>
        {
            var outstanding = new OutstandingRequests();
            var (inside, removed) = (new List<Request>(), new List<Request>());
            foreach (var step in steps)
            {
                if (step % 3 != 0 || inside.Count == 0)
                {
                    inside.Add(new Request());
                    outstanding.TryAdd(inside[^1]);
                    continue;
                }

                var victim = inside[(int)((uint)step % (uint)inside.Count)];
                inside.Remove(victim);
                removed.Add(victim);
                if (!outstanding.Remove(victim))
                {
                    return false;
                }
            }

            return outstanding.Count == inside.Count
                && removed.TrueForAll(request => !outstanding.Remove(request))
                && outstanding.End().ToHashSet().SetEquals(inside);
        }).QuickCheckThrowOnFailure();

    private sealed class Request : IOutstanding
    {
        public int Slot { get; set; }

        public void Done(IoResult result) => throw new NotSupportedException();

        public void Refused(IoRefusal cause, string reason) => throw new NotSupportedException();

        public void Stop(string reason) => throw new NotSupportedException();
    }
}
