using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>R20: the order and the concurrency of the operations of one device.</summary>
public sealed class OrderTests : ServiceTests
{
    [Fact]
    public async Task R20_overlapping_writes_take_effect_in_arrival_order()
    {
        var device = Attach("disk");
        var (one, other) = (Open(pages: 8), Open(pages: 8));
        Send(one, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        WaitUntilHandled(one.Requests);
        Send(other, Write(Pattern(8, 2), new IoRegion("disk", 4, 8)));
        WaitUntilQuiet(other, "disk");
        var first = Assert.Single(device.Pending);
        Assert.Equal(0, first.Start.Value);

        first.Complete();
        await device.NextCallAsync();
        (await device.NextCallAsync()).Complete();

        ReceiveN(2);
        Assert.Equal(Pattern(8, 1)[..2048], device.Bytes(0, 4).ToArray());
        Assert.Equal(Pattern(8, 2), device.Bytes(4, 8).ToArray());
        Assert.Empty(device.Violations);
    }

    [Fact]
    public async Task R20_io_without_overlap_runs_together_up_to_the_queue_depth()
    {
        var device = Attach("disk", queueDepth: 3);
        var lease = Open(pages: 8);
        for (var index = 0; index < 5; index++)
        {
            Send(lease, Write(Pattern(1, 1), new IoRegion("disk", index, 1)));
        }

        WaitUntilQuiet(lease, "disk");
        Assert.Equal([0, 1, 2], device.Pending.Select(call => call.Start.Value));

        for (var index = 0; index < 5; index++)
        {
            (await device.NextCallAsync()).Complete();
        }

        ReceiveN(5);
        Assert.Equal(3, device.MaxInFlight);
    }

    [Fact]
    public async Task R20_a_read_behind_a_write_of_its_sectors_sees_what_was_written()
    {
        var device = Attach("disk");
        var lease = Open(pages: 8);
        var memory = new byte[4096];
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Read(memory, new IoRegion("disk", 0, 8)));

        (await device.NextCallAsync()).Complete();
        (await device.NextCallAsync()).Complete();

        ReceiveN(2);
        Assert.Equal(Pattern(8, 1), memory);
    }

    [Fact]
    public void A_thousand_requests_that_complete_at_once_are_all_answered()
    {
        AttachQuick("disk");
        var lease = Open(pages: 4);
        for (var index = 0; index < 1000; index++)
        {
            Send(lease, Write(Pattern(8, 1), new IoRegion("disk", index, 8)));
        }

        Assert.All(ReceiveN(1000), message => Assert.True(((IoProtocol.IoDone)message).Result.IsOk));
    }
}
