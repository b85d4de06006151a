using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>One random history of a queue and the model of its state. A failure prints its seed.</summary>
internal sealed class QueueHistory
{
    private const int Depth = 5;
    private const int MostSectors = 12;
    private const int MostSegments = 4;

    private readonly int seed;
    private readonly Random random;
    private readonly QueueBench bench;
    private readonly DeviceDescription device;

    /// <summary>In arrival order, until completed, withdrawn or written.</summary>
    private readonly List<Known> live = [];
    private readonly List<Known> syncing = [];
    private readonly List<DispatchedOperation> inFlight = [];
    private readonly Dictionary<IQueuedIo, Known> known = [];

    public QueueHistory(int seed, SchedulingPolicy policy)
    {
        this.seed = seed;
        random = new Random(seed);
        device = QueueBench.Device() with
        {
            Mode = random.Next(3) == 0 ? ServiceMode.Inline : ServiceMode.Ring,
            HasForceUnitAccess = random.Next(2) == 0,
            HasVolatileCache = random.Next(4) != 0,
            MaxTransfer = ByteSize.FromBytes(MostSectors * Sector.SizeBytes),
            MaxSegments = MostSegments,
        };
        bench = new QueueBench(QueueBench.Fixed(Depth, policy), device);
    }

    private IoQueue Queue => bench.Queue;

    public void Step()
    {
        bench.Pass(random.Next(200));
        switch (random.Next(12))
        {
            case < 5:
                Add();
                break;
            case < 7:
                Take();
                break;
            case < 9:
                End();
                break;
            case < 10 when live.Count > 0:
                live[random.Next(live.Count)].WithdrawSilently();
                break;
            default:
                Withdraw();
                break;
        }

        CheckCounts();
        Queue.CheckInvariants();
    }

    public void Finish()
    {
        for (var round = 0; !Queue.IsEmpty; round++)
        {
            Require(round < 10_000, "an I/O waits forever");
            Take();
            End();
        }

        DropForgotten();
        Require(live.Count == 0 && syncing.Count == 0, "lost");
        Require(Queue is { Conflicts: { NodeCount: 0, UserCount: 0 }, OldestInFlightSince: null }, "nodes are left");
    }

    private void Add()
    {
        var operation = random.Next(12) switch
        {
            < 4 => IoOperation.Read,
            < 8 => IoOperation.Write,
            < 9 => IoOperation.Discard,
            < 10 => IoOperation.WriteZeroes,
            _ => IoOperation.Flush,
        };
        var count = operation == IoOperation.Flush ? 0 : random.Next(8) == 0 ? random.Next(1, 30) : random.Next(1, 6);
        var io = QueueBench.New(
            operation,
            random.Next(32),
            count,
            lease: random.Next(3),
            weight: random.Next(1, 1000),
            priority: (IoPriority)random.Next(3),
            durable: operation is IoOperation.Write or IoOperation.WriteZeroes && random.Next(3) == 0,
            memory: operation is IoOperation.Read or IoOperation.Write ? new byte[count * Sector.SizeBytes] : []);
        var entry = new Known(io);
        known.Add(io, entry);
        (operation == IoOperation.Flush ? syncing : live).Add(entry);
        bench.Add(io);
    }

    private void Take()
    {
        if (bench.TryTake() is { } operation)
        {
            Require(inFlight.Count < Depth, "exceeds the depth");
            CheckTaken(operation);
            inFlight.Add(operation);
            Require(inFlight.Count(other => other.IsSync) <= 1, "two syncs at the same time");
        }
        else if (inFlight.Count < Depth)
        {
            DropForgotten();
            var free = live.FirstOrDefault(entry => entry.Waits && !entry.IsWithdrawn && !IsBlocked(entry));
            Require(free is null, $"{free?.Io.Operation} {free?.Io.Region} is ready but was not taken");
            Require(inFlight.Exists(other => other.IsSync) || syncing.TrueForAll(entry => entry.IsWithdrawn), "flush");
        }

        DropForgotten();
    }

    private void CheckTaken(DispatchedOperation operation)
    {
        var ios = operation.Ios.ToArray().Select(io => known[io]).ToList();
        foreach (var entry in ios)
        {
            Require(entry.Io.Entry is null, "an entry is left");
            Require(entry.Waits && !entry.IsWithdrawn, "taken twice, or after its withdrawal");
            (entry.Waits, entry.IsIssued) = (false, true);
        }

        DropForgotten();
        if (operation.Operation.Kind == IoOperation.Flush)
        {
            Require(syncing.TrueForAll(ios.Contains) && ios.Count == syncing.Count, "a flush leaves waiting flushes");
            return;
        }

        Require(ios.TrueForAll(entry => !IsBlocked(entry)), "passed a conflicting I/O");
        Require(ios.TrueForAll(entry => entry.Io.Operation.Kind == operation.Operation.Kind), "different operations");
        var isNative = operation.Operation.ForceUnitAccess;
        Require(!isNative || (device is { HasForceUnitAccess: true, HasVolatileCache: true }), "FUA");
        var isDurable = ios[0].Io.Operation.ForceUnitAccess;
        Require((operation.NeedsFlush || isNative) == (isDurable && device.HasVolatileCache), "sync");
        CheckMerge(operation, ios);
    }

    private void CheckMerge(DispatchedOperation operation, List<Known> ios)
    {
        var at = operation.Operation.Start.Value;
        foreach (var entry in ios)
        {
            Require(entry.Io.Region.Start.Value == at, "a gap between merged regions");
            var isAlike = entry.Io.Operation.ForceUnitAccess == ios[0].Io.Operation.ForceUnitAccess;
            Require(isAlike, "durable and plain writes were merged");
            at += entry.Io.Region.Count.Value;
        }

        Require(operation.Operation.Count.Value == at - operation.Operation.Start.Value, "count");
        Require(operation.IsMerged == ios.Count > 1, "merged");
        if (operation.IsMerged)
        {
            Require(
                operation.Operation.Kind is IoOperation.Read or IoOperation.Write, "only reads and writes are merged");
            Require(operation.Operation.Count.Value <= MostSectors && ios.Count <= MostSegments, "exceeds the limits");
            Require(device.Mode != ServiceMode.Inline, "merged on an inline device");
            Require(ios.TrueForAll(entry => !entry.IsRetried), "a retried I/O was merged");
        }
    }

    private void End()
    {
        if (inFlight.Count == 0)
        {
            return;
        }

        var operation = inFlight[random.Next(inFlight.Count)];
        inFlight.Remove(operation);
        var ios = operation.Ios.ToArray().Select(io => known[io]).ToList();
        if (operation.Operation.Kind != IoOperation.Flush && random.Next(6) == 0)
        {
            ios.ForEach(entry => (entry.Waits, entry.IsRetried) = (true, true));
            Queue.Retry(operation, bench.Now);
            return;
        }

        live.RemoveAll(ios.Contains);
        syncing.RemoveAll(ios.Contains);
        if (operation.NeedsFlush && random.Next(8) != 0)
        {
            ios.ForEach(entry => entry.Waits = true);
            syncing.AddRange(ios);
            bench.Written(operation);
        }
        else
        {
            bench.Complete(operation);
        }
    }

    private void Withdraw()
    {
        if (live.Count + syncing.Count == 0)
        {
            return;
        }

        var index = random.Next(live.Count + syncing.Count);
        var entry = index < live.Count ? live[index] : syncing[index - live.Count];
        var isHere = entry.Io.Entry is not null;
        Require(Queue.Withdraw(entry.Io) == isHere, "withdrawing");
        Require(isHere == entry is { Waits: true, IsIssued: false }, "withdrawal of a taken I/O");
        if (isHere)
        {
            entry.WithdrawSilently();
        }

        DropForgotten();
    }

    /// <summary>Removes I/Os that were withdrawn and that the queue has dropped.</summary>
    private void DropForgotten()
    {
        live.RemoveAll(entry => entry.IsWithdrawn && entry.Io.Entry is null);
        syncing.RemoveAll(entry => entry.IsWithdrawn && entry.Io.Entry is null);
    }

    private bool IsBlocked(Known entry) =>
        live.TakeWhile(earlier => earlier != entry).Any(earlier => Conflict(earlier.Io, entry.Io));

    /// <summary>Compares sector by sector.</summary>
    private static bool Conflict(DeviceIo one, DeviceIo other) =>
        (one.Operation.Kind != IoOperation.Read || other.Operation.Kind != IoOperation.Read)
        && Sectors(one).Intersect(Sectors(other)).Any();

    private static IEnumerable<int> Sectors(DeviceIo io) =>
        Enumerable.Range((int)io.Region.Start.Value, (int)io.Region.Count.Value);

    private void CheckCounts()
    {
        var waiting = live.Concat(syncing).Count(entry => entry.Waits);
        Require((inFlight.Count, waiting) == (Queue.InFlight, Queue.Waiting), "counts");
        var pieces = Queue.Conflicts.NodeCount;
        Require(pieces <= (3 * live.Count) + 1, $"{pieces} nodes for {live.Count} I/Os");
        Require(Queue.IsEmpty == (live.Count + syncing.Count == 0), "empty");
    }

    private void Require(bool condition, string what) => Assert.True(condition, $"seed {seed}: {what}");

    /// <summary>An I/O in the model. It waits while it is in the queue and in no operation.</summary>
    private sealed class Known(DeviceIo io)
    {
        public DeviceIo Io { get; } = io;

        public bool Waits { get; set; } = true;

        public bool IsRetried { get; set; }

        /// <summary>The I/O was taken at least once.</summary>
        public bool IsIssued { get; set; }

        public bool IsWithdrawn { get; private set; }

        public void WithdrawSilently() => IsWithdrawn |= Io.TryWithdraw();
    }
}
