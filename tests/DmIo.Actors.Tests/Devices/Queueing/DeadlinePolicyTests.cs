using DmIo.Actors.Scheduling;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class DeadlinePolicyTests
{
    private readonly QueueBench bench = new(QueueBench.Fixed(depth: 1, SchedulingPolicy.Deadline));

    [Fact]
    public void Waiting_io_is_issued_in_sector_order()
    {
        foreach (var start in (int[])[500, 100, 900, 300])
        {
            bench.Read(start, 8);
        }

        Assert.Equal([100L, 300, 500, 900], Serve(4));
    }

    [Fact]
    public void Issue_continues_behind_the_last_sector_and_wraps_at_the_end()
    {
        bench.Read(500, 8);
        Serve(1);
        foreach (var start in (int[])[100, 900, 600])
        {
            bench.Read(start, 8);
        }

        Assert.Equal([600L, 900, 100], Serve(3));
    }

    [Fact]
    public void Reads_go_before_writes_for_at_most_two_batches()
    {
        for (var index = 0; index < 100; index++)
        {
            bench.Read(index * 100, 8);
            bench.Write(100_000 + (index * 100), 8);
        }

        var isRead = Serve(80).ConvertAll(start => start < 100_000);

        Assert.Equal(DeadlineScheduler.WritesStarved * DeadlineScheduler.BatchLength, isRead.IndexOf(false));
        Assert.Equal(
            isRead.IndexOf(false) + DeadlineScheduler.BatchLength, isRead.IndexOf(true, isRead.IndexOf(false)));
    }

    [Fact]
    public void Writes_are_issued_at_once_if_no_reads_wait()
    {
        bench.Write(100, 8);

        Assert.Equal([100L], Serve(1));
    }

    [Theory]
    [InlineData(IoOperation.Read, 500)]
    [InlineData(IoOperation.Write, 5000)]
    [InlineData(IoOperation.Discard, 5000)]
    public void A_batch_begins_with_the_oldest_expired_io(IoOperation operation, int expiry)
    {
        bench.Add(QueueBench.New(operation, 1_000_000, 8));
        bench.Add(QueueBench.New(operation, 500_000, 8));
        bench.Pass(expiry - 1);
        for (var index = 0; index < 40; index++)
        {
            bench.Add(QueueBench.New(operation, index * 100, 8));
        }

        Assert.DoesNotContain(1_000_000, Serve(DeadlineScheduler.BatchLength));
        bench.Pass(1);

        Assert.Equal(1_000_000, Serve(1)[0]);
    }

    [Fact]
    public void Io_does_not_starve_while_lower_sectors_keep_arriving()
    {
        bench.Read(1_000_000, 8);
        var served = new List<long>();
        for (var time = 0; time < 1000; time++)
        {
            bench.Read(time % 2, 1);
            bench.Pass(1);
            served.AddRange(Serve(1));
        }

        Assert.InRange(served.IndexOf(1_000_000), 1, 520);
    }

    private List<long> Serve(int count)
    {
        var served = new List<long>();
        for (var index = 0; index < count; index++)
        {
            var operation = bench.Take();
            served.Add(operation.Operation.Start.Value);
            bench.Complete(operation);
        }

        return served;
    }
}
