using Akka.TestKit;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>The statistics of a service.</summary>
public sealed class StatisticsTests : ServiceTests
{
    private readonly Lazy<TestProbe> reader;

    public StatisticsTests() => reader = new Lazy<TestProbe>(() => CreateTestProbe());

    [Fact]
    public void Completed_operations_are_counted_by_kind()
    {
        var device = AttachQuick("disk");
        var lease = Open(pages: 8);
        Do(lease, Write(Pattern(3, 1), new IoRegion("disk", 0, 3)));
        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 8, 1)));
        Do(lease, Read(new byte[512], new IoRegion("disk", 0, 1)));
        Do(lease, Flush("disk"));
        device.Automatic = _ => IoStatus.DeviceError("broken", errno: 5);
        Do(lease, Read(new byte[512], new IoRegion("disk", 0, 1)));

        var disk = Assert.Single(Statistics().Devices);

        Assert.Equal(new OperationStatistics(2, 4 * 512, 0), disk.Writes);
        Assert.Equal(new OperationStatistics(2, 512, 1), disk.Reads);
        Assert.Equal(new OperationStatistics(1, 0, 0), disk.Flushes);
        Assert.Equal(new OperationStatistics(0, 0, 0), disk.Discards);
        Assert.Equal(5, disk.Latencies.Count);
    }

    [Fact]
    public void An_unsupported_operation_is_an_error_that_was_not_issued()
    {
        AttachQuick("disk", sectors: 8);
        var lease = Open(pages: 1);

        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 8, 1)));

        var disk = Assert.Single(Statistics().Devices);
        Assert.Equal((1, 0), (disk.Writes.Errors, disk.Issued));
    }

    [Fact]
    public async Task Merged_regions_count_as_one_operation()
    {
        var device = Attach("disk", queueDepth: 1, describe: plain => plain with { MaxSegments = 16 });
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var first = await device.NextCallAsync();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 8, 1)));
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 9, 1)));
        WaitUntilQuiet(lease, "disk");
        first.Complete();
        (await device.NextCallAsync()).Complete();
        ReceiveN(3);

        var disk = Assert.Single(Statistics().Devices);

        Assert.Equal((2, 1, 3), (disk.Issued, disk.Merged, disk.Writes.Count));
    }

    [Fact]
    public void A_durable_write_counts_as_a_write_and_a_flush()
    {
        AttachQuick("disk", describe: plain => plain with { HasVolatileCache = true });
        var lease = Open(pages: 1);

        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { ForceUnitAccess = true });

        var disk = Assert.Single(Statistics().Devices);
        Assert.Equal((1, 0, 1), (disk.Writes.Count, disk.Flushes.Count, disk.FlushesIssued));
    }

    [Fact]
    public async Task Waiting_io_and_io_in_flight_are_shown()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 2);
        for (var index = 0; index < 3; index++)
        {
            Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 16 * index, 8)));
        }

        await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        var statistics = Statistics();

        var disk = Assert.Single(statistics.Devices);
        Assert.Equal((1, 1, 1), (disk.Depth, disk.InFlight, disk.Waiting));
        Assert.NotNull(disk.OldestInFlightSeconds);
        var one = Assert.Single(statistics.Leases);
        Assert.Equal((2, 2, 2, 1), (one.Pages, one.PagesInFlight, one.InFlight, one.Waiting));
    }

    [Fact]
    public void Requests_of_a_lease_are_counted_by_outcome()
    {
        AttachQuick("disk");
        var lease = Open(pages: 4, weight: 200);
        Do(lease, Write(Pattern(16, 1), new IoRegion("disk", 0, 16)));
        Do(lease, Write(Pattern(1, 1), new IoRegion("none", 0, 1)));
        Send(lease, Write([], []));
        ExpectMsg<IoProtocol.IoRefused>();

        var one = Assert.Single(Statistics().Leases);

        Assert.Equal((lease.Lease.Id.Value, 4, 200), (one.Id, one.Pages, one.Weight));
        Assert.Equal((2, 2, 1, 1), (one.Requests, one.Answered, one.Errors, one.Refused));
        Assert.Equal((1, 16 * 512, 3), (one.Regions, one.Bytes, one.PagesWired));
    }

    [Fact]
    public void A_request_costs_four_messages_and_one_turn_of_each_actor()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));

        var messages = Statistics().Messages;
        Assert.Equal(new MessageStatistics(Requests: 1, PagesWired: 1, Messages: 6, Turns: 2), messages);
        Assert.Equal(4, messages.Hops);
    }

    [Fact]
    public void Totals_include_detached_devices_and_closed_leases()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var before = Statistics().Messages;

        Supervisor.Tell(new Put(lease.Lease.Id, 1), TestActor);
        ExpectMsg<PutDone>();
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        ExpectMsg<DeviceDetached>();

        var after = Statistics();
        Assert.Empty(after.Devices);
        Assert.Empty(after.Leases);
        Assert.Equal((1, before.Turns), (after.Messages.Requests, after.Messages.Turns));
        Assert.True(after.Messages.Messages >= before.Messages);
    }

    [Fact]
    public void The_statistics_show_the_pool()
    {
        Open(pages: 20);

        var status = PoolStatus();

        Assert.Equal(
            new PoolStatistics(status.Free, status.Leased, status.Draining, status.Quarantined, status.Max),
            Statistics().Pool);
    }

    private ServiceStatistics Statistics()
    {
        Supervisor.Tell(GetStatistics.Instance, reader.Value.Ref);
        return reader.Value.ExpectMsg<ServiceStatistics>();
    }
}
