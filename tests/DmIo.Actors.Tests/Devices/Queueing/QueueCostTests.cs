using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>The cost in counted steps and in retained memory; never in time.</summary>
public sealed class QueueCostTests
{
    [Theory]
    [InlineData("scattered writes")]
    [InlineData("one sector, written")]
    [InlineData("one sector, read and written")]
    [InlineData("ascending")]
    [InlineData("staggered")]
    [InlineData("nested")]
    public void Cost_grows_little_faster_than_the_number_of_ios(string load)
    {
        var (few, many) = (StepsEach(load, 2048), StepsEach(load, 16_384));

        // Eight times as many I/Os: three more levels of a tree, each a few steps, and not eight times the steps per
        // I/O.
        Assert.InRange(many, 0, (few * 1.6) + 12);
    }

    [Theory]
    [InlineData("one sector, written")]
    [InlineData("staggered")]
    [InlineData("nested")]
    public void The_cost_of_withdrawing_all_grows_little_faster_than_their_number(string load)
    {
        double StepsToWithdraw(int count)
        {
            var bench = Inline();
            var ios = Ios(load, count).Select(bench.Add).ToList();
            var before = bench.Queue.Conflicts.Steps;
            ios.ForEach(io => bench.Queue.Withdraw(io));
            Assert.True(bench.Queue.IsEmpty);
            return (double)(bench.Queue.Conflicts.Steps - before) / count;
        }

        Assert.InRange(StepsToWithdraw(16_384), 0, (StepsToWithdraw(2048) * 1.6) + 12);
    }

    [Fact]
    public void Readers_of_a_hot_sector_are_not_moved_for_each_withdrawn_write()
    {
        var bench = Inline(depth: 2000);
        for (var index = 0; index < 1000; index++)
        {
            bench.Read(0, 8);
        }

        bench.TakeAll();
        var writes = Enumerable.Range(0, 1000).Select(_ => bench.Write(0, 8)).ToList();
        var before = bench.Queue.Conflicts.Steps;
        writes.ForEach(write => Assert.True(bench.Queue.Withdraw(write)));

        Assert.InRange(bench.Queue.Conflicts.Steps - before, 0, 40_000);
    }

    [Fact]
    public void Nothing_accumulates_behind_a_stuck_operation()
    {
        var bench = Inline();
        bench.Write(1000, 1000);
        bench.Take();
        var random = new Random(1);
        var waiting = new Queue<DeviceIo>();
        for (var index = 0; index < 20_000; index++)
        {
            var operation = random.Next(2) == 0 ? IoOperation.Read : IoOperation.Write;
            waiting.Enqueue(bench.Add(QueueBench.New(operation, 900 + random.Next(1100), random.Next(1, 100))));
            if (waiting.Count > 8)
            {
                bench.Queue.Withdraw(waiting.Dequeue());
            }

            Assert.InRange(bench.Queue.Conflicts.NodeCount, 1, 3 * 10);
        }

        while (waiting.TryDequeue(out var io))
        {
            bench.Queue.Withdraw(io);
        }

        Assert.Equal((1, 1), (bench.Queue.Conflicts.NodeCount, bench.Queue.Conflicts.UserCount));
    }

    [Fact]
    public void In_steady_state_nothing_is_allocated()
    {
        var bench = new QueueBench();
        var ios = Ios("scattered writes", 8192).ToArray();
        void Round(int first)
        {
            for (var at = first; at < first + 4096; at += 32)
            {
                foreach (var io in ios.AsSpan(at, 32))
                {
                    bench.Queue.Add(io, bench.Now);
                }

                for (var left = 32; left > 0; left -= bench.EndNext())
                {
                    bench.Pass(0.01);
                }
            }
        }

        Round(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round(4096);

        // The allocation of 4096 I/Os: less than one object per I/O.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    private static double StepsEach(string load, int count)
    {
        var bench = Inline(depth: 64);
        foreach (var io in Ios(load, count))
        {
            bench.Add(io);
        }

        while (!bench.Queue.IsEmpty)
        {
            bench.TakeAll().ForEach(bench.Complete);
        }

        return (double)bench.Queue.Conflicts.Steps / count;
    }

    private static QueueBench Inline(int depth = 64) => new(
        QueueBench.Fixed(depth, SchedulingPolicy.Fifo), QueueBench.Device() with { Mode = ServiceMode.Inline });

    private static IEnumerable<DeviceIo> Ios(string load, int count)
    {
        var random = new Random(1);
        return Enumerable.Range(0, count).Select(index => load switch
        {
            "scattered writes" => QueueBench.New(IoOperation.Write, random.NextInt64(1L << 40), 8),
            "one sector, written" => QueueBench.New(IoOperation.Write, 0, 1),
            "one sector, read and written" =>
                QueueBench.New(random.Next(8) == 0 ? IoOperation.Write : IoOperation.Read, 0, 1),
            "ascending" => QueueBench.New(IoOperation.Write, index * 8, 8),
            "staggered" => QueueBench.New(IoOperation.Write, index, 8),
            _ => QueueBench.New(IoOperation.Write, index, (2L * count) - (2 * index)),
        });
    }
}
