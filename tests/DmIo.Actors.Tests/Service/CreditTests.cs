using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>R19: the pages of a lease bound its I/O in flight.</summary>
public sealed class CreditTests : ServiceTests
{
    [Fact]
    public async Task R19_io_in_flight_does_not_exceed_the_pages_and_other_io_waits_in_arrival_order()
    {
        var device = Attach("disk");
        var lease = Open(pages: 2);
        for (var index = 0; index < 5; index++)
        {
            Send(lease, Write(Pattern(Pages(1), 1), new IoRegion("disk", Pages(index), Pages(1))));
        }

        WaitUntilQuiet(lease, "disk");
        Assert.Equal([0, 8], device.Pending.Select(call => call.Start.Value));

        for (var index = 0; index < 5; index++)
        {
            var call = await device.NextCallAsync();
            Assert.Equal(Pages(index), call.Start.Value);
            call.Complete();
        }

        Assert.All(ReceiveN(5), message => Assert.True(((IoProtocol.IoDone)message).Result.IsOk));
        Assert.Equal(2, device.MaxInFlight);
    }

    [Fact]
    public async Task R19_a_request_larger_than_the_lease_runs_when_it_is_alone()
    {
        var device = Attach("disk");
        var lease = Open(pages: 2);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        Send(lease, Write(Pattern(Pages(9), 2), new IoRegion("disk", 100, Pages(9))));
        Send(lease, Write(Pattern(1, 3), new IoRegion("disk", 1, 1)));
        var small = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");
        Assert.Equal([small], device.Pending);

        small.Complete();
        var large = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");
        Assert.Equal((100L, 1), (large.Start.Value, device.Pending.Count));

        large.Complete();
        (await device.NextCallAsync()).Complete();
        Assert.Equal(3, ReceiveN(3).Count);
    }

    [Fact]
    public async Task R19_a_waiting_lease_delays_no_other()
    {
        var device = Attach("disk");
        var (busy, other) = (Open(pages: 1), Open(pages: 1));
        Send(busy, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        Send(busy, Write(Pattern(1, 1), new IoRegion("disk", 1, 1)));
        await device.NextCallAsync();

        Send(other, Write(Pattern(1, 1), new IoRegion("disk", 2, 1)));

        var call = await device.NextCallAsync();
        Assert.Equal(2, call.Start.Value);
        call.Complete();
        Assert.True(ExpectDone().IsOk);
    }
}
