using DmIo.Actors.Scheduling;
using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>The data that survives a power cut directly after an answer, on a device with a volatile cache.</summary>
public sealed class FlushCoverageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acknowledged_durable_data_survives(bool hasForceUnitAccess)
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var device = new CachingDevice(seed, hasForceUnitAccess);
            for (var step = 0; step < 300; step++)
            {
                device.Step();
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Fewer_flushes_are_issued_than_requested()
    {
        var device = new CachingDevice(seed: 1, hasForceUnitAccess: false);
        for (var step = 0; step < 20_000; step++)
        {
            device.Step();
        }

        Assert.InRange(device.FlushCalls, 1, device.DurableAnswers / 2);
    }

    /// <summary>A queue and its device; each step adds, takes or completes an I/O at random.</summary>
    private sealed class CachingDevice(int seed, bool hasForceUnitAccess)
    {
        private readonly Random random = new(seed);
        private readonly QueueBench bench = new(
            QueueBench.Fixed(depth: 6), QueueBench.Device() with { HasForceUnitAccess = hasForceUnitAccess });
        private readonly List<DispatchedOperation> inFlight = [];
        private readonly HashSet<IQueuedIo> completed = [];
        private readonly HashSet<IQueuedIo> durable = [];
        private readonly Dictionary<DispatchedOperation, IQueuedIo[]> covered = [];
        private readonly Dictionary<IQueuedIo, IQueuedIo[]> promised = [];

        public int FlushCalls { get; private set; }

        public int DurableAnswers { get; private set; }

        public void Step()
        {
            switch (random.Next(4))
            {
                case 0 when bench.Queue.Waiting < 12:
                    Add();
                    break;
                case 1 when inFlight.Count > 0:
                    End();
                    break;
                default:
                    Take();
                    break;
            }
        }

        private void Add()
        {
            if (random.Next(4) == 0)
            {
                // A flush covers all writes that were completed before it arrived.
                promised.Add(bench.Flush(), [.. completed]);
            }
            else
            {
                bench.Add(QueueBench.New(IoOperation.Write, random.Next(40), 4, durable: random.Next(2) == 0));
            }
        }

        private void Take()
        {
            if (bench.TryTake() is { } operation)
            {
                inFlight.Add(operation);
                covered[operation] = operation.Operation.Kind == IoOperation.Flush ? [.. completed] : [];
                FlushCalls += operation.Operation.Kind == IoOperation.Flush ? 1 : 0;
            }
        }

        private void End()
        {
            var operation = inFlight[random.Next(inFlight.Count)];
            inFlight.Remove(operation);
            var ios = operation.Ios.ToArray();
            if (operation.Operation.Kind == IoOperation.Flush)
            {
                durable.UnionWith(covered[operation]);
                Array.ForEach(ios, Answer);
                bench.Complete(operation);
                return;
            }

            completed.UnionWith(ios);
            if (operation.NeedsFlush)
            {
                bench.Written(operation);
                return;
            }

            if (operation.Operation.ForceUnitAccess)
            {
                durable.UnionWith(ios);
            }

            Array.ForEach(ios, Answer);
            bench.Complete(operation);
        }

        private void Answer(IQueuedIo io)
        {
            IQueuedIo[] needed = io.Operation.Kind == IoOperation.Flush ? promised[io]
                : io.Operation.ForceUnitAccess ? [io] : [];
            DurableAnswers += needed.Length > 0 ? 1 : 0;
            Assert.True(durable.IsSupersetOf(needed), $"seed {seed}: acknowledged data would be lost");
        }
    }
}
