using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Devices;

/// <summary>The queue against its definition, spelt out naively: for random histories, both take the same at every
/// step.</summary>
public sealed class DeviceQueueModelTests
{
    [Fact]
    public void R20_the_queue_takes_what_its_definition_allows()
    {
        var histories = Gen.Choose(0, int.MaxValue).ToArbitrary();

        Prop.ForAll(histories, seed =>
        {
            var history = new History(seed);
            for (var step = 0; step < 200; step++)
            {
                history.Step();
            }

            history.Finish();
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>One random history, named by its seed, which a failure prints.</summary>
    private sealed class History(int seed)
    {
        private const int Depth = 5;

        private readonly Random random = new(seed);
        private readonly DeviceQueue queue = new(Depth);
        private readonly List<DeviceIo> present = [];
        private readonly HashSet<DeviceIo> taken = [];

        public void Step()
        {
            switch (random.Next(5))
            {
                case 0 or 1:
                    Add();
                    break;
                case 2:
                    Take();
                    break;
                case 3:
                    Complete();
                    break;
                default:
                    Withdraw();
                    break;
            }

            Assert.True((taken.Count, present.Count - taken.Count) == (queue.InFlight, queue.Waiting), $"seed {seed}");
        }

        public void Finish()
        {
            while (present.Count > 0)
            {
                Take();
                Complete();
            }

            Assert.True(queue.IsEmpty, $"seed {seed}");
        }

        private void Add()
        {
            var operation = (IoOperation)random.Next(5);
            var region = new IoRegion("disk", random.Next(12), random.Next(1, 5));
            var isDurable = operation == IoOperation.Write && random.Next(4) == 0;
            var io = TestRequests.Io(operation, region, forceUnitAccess: isDurable);
            present.Add(io);
            queue.Add(io);
        }

        private void Take()
        {
            var expected = taken.Count == Depth
                ? null
                : present.Find(io => !taken.Contains(io) && !EarlierThan(io).Any(earlier => Conflict(earlier, io)));
            queue.TryTakeNext(out var actual);
            Assert.True(
                ReferenceEquals(expected, actual), $"seed {seed}: {expected?.Region} expected, {actual?.Region} taken");
            if (actual is not null)
            {
                taken.Add(actual);
            }
        }

        private void Complete()
        {
            if (taken.Count > 0)
            {
                var io = taken.ElementAt(random.Next(taken.Count));
                taken.Remove(io);
                present.Remove(io);
                queue.Completed(io);
            }
        }

        private void Withdraw()
        {
            if (present.Count > 0)
            {
                var io = present[random.Next(present.Count)];
                var isTaken = taken.Contains(io);
                Assert.True(queue.Withdraw(io) == !isTaken, $"seed {seed}");
                if (!isTaken)
                {
                    present.Remove(io);
                }
            }
        }

        private IEnumerable<DeviceIo> EarlierThan(DeviceIo io) => present.TakeWhile(earlier => earlier != io);

        /// <summary>Sector by sector.</summary>
        private static bool Conflict(DeviceIo one, DeviceIo other)
        {
            bool Flushes(DeviceIo io) => io.Operation == IoOperation.Flush || io.ForceUnitAccess;
            IEnumerable<int> Sectors(DeviceIo io) => io.Operation == IoOperation.Flush
                ? []
                : Enumerable.Range((int)io.Region.Start.Value, (int)io.Region.Count.Value);

            return (Flushes(one) && Flushes(other))
                || ((one.Operation != IoOperation.Read || other.Operation != IoOperation.Read)
                    && Sectors(one).Intersect(Sectors(other)).Any());
        }
    }
}
