using DmIo.Actors.Scheduling;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class QueueStructureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_tree_finds_the_same_as_a_sorted_list(int seed)
    {
        var random = new Random(seed);
        var tree = new IntervalTree();
        var nodes = new List<QueueEntry>();
        for (var step = 0; step < 2000; step++)
        {
            if (nodes.Count == 0 || random.Next(5) < 3)
            {
                nodes.Add(Entry(random.Next(500), step));
                tree.Insert(nodes[^1]);
            }
            else
            {
                var index = random.Next(nodes.Count);
                tree.Remove(nodes[index]);
                nodes.RemoveAt(index);
            }

            var key = random.Next(500);
            var sorted = nodes.OrderBy(node => node.Key).ThenBy(node => node.Tiebreaker).ToList();
            Assert.Same(sorted.LastOrDefault(node => node.Key <= key), tree.Floor(key));
            Assert.Same(sorted.FirstOrDefault(node => node.Key >= key), tree.Ceiling(key));
            Assert.Equal(nodes.Count, tree.CheckInvariants());
        }
    }

    [Fact]
    public void A_tree_is_balanced_for_any_order_of_arrival()
    {
        var tree = new IntervalTree();
        for (var index = 0; index < 100_000; index++)
        {
            tree.Insert(Entry(index, index));
        }

        var before = tree.Steps;
        for (var key = 0; key < 100_000; key += 100)
        {
            tree.Floor(key);
        }

        // log2 of 100,000 is 17; the average depth of a treap is about 1.4 times that.
        Assert.InRange((tree.Steps - before) / 1000.0, 10, 35);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_arrival_queue_returns_the_earliest_first(int seed)
    {
        var random = new Random(seed);
        var line = new ArrivalQueue();
        var here = new List<QueueEntry>();
        var late = new List<QueueEntry>();
        for (var step = 1; step < 2000; step++)
        {
            var entry = Entry(0, step);
            (random.Next(4) == 0 ? late : here).Add(entry);
            if (here.Contains(entry))
            {
                line.Add(entry);
            }

            if (late.Count > 0 && random.Next(3) == 0)
            {
                Move(late, random.Next(late.Count), to: here);
                line.Add(here[^1]);
            }

            if (here.Count > 0 && random.Next(2) == 0)
            {
                var index = random.Next(here.Count);
                line.Remove(here[index]);
                here.RemoveAt(index);
            }

            Assert.Equal(here.Count, line.Count);
            Assert.Same(here.MinBy(other => other.Tiebreaker), line.Count == 0 ? null : line.First);
        }
    }

    private static void Move(List<QueueEntry> from, int index, List<QueueEntry> to)
    {
        to.Add(from[index]);
        from.RemoveAt(index);
    }

    private static QueueEntry Entry(long start, long number)
    {
        var entry = new QueueEntry();
        entry.Begin(QueueBench.New(IoOperation.Read, start, 1), number, TimeSpan.Zero);
        return entry;
    }
}
