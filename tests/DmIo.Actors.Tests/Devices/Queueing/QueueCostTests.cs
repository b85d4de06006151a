using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>Cost in counted steps, and what is held; never time.</summary>
public sealed class QueueCostTests
{
    [Theory]
    [InlineData("scattered writes")]
    [InlineData("one sector, written")]
    [InlineData("one sector, read and written")]
    [InlineData("ascending")]
    [InlineData("staggered")]
    [InlineData("nested")]
    public void Twice_as_many_cost_little_more_than_twice_the_steps(string load)
    {
        var (few, many) = (StepsEach(load, 2048), StepsEach(load, 16_384));

        // Eight times as many: three more levels of a tree, each a few steps; not eight times the steps each.
        Assert.InRange(many, 0, (few * 1.6) + 12);
    }

    [Theory]
    [InlineData("one sector, written")]
    [InlineData("staggered")]
    [InlineData("nested")]
    public void Withdrawing_all_that_waits_costs_little_more_than_twice_for_twice_as_many(string load)
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
    public void Readers_of_a_hot_sector_are_not_moved_again_for_each_write_that_is_withdrawn()
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
    public void Behind_one_that_is_stuck_for_ever_nothing_piles_up()
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

        // Of 4096 I/Os; not one object each.
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
