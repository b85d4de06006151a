using Akka.Actor;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Cli.Bench;

/// <summary>
/// One of the requests in flight of a lease, with its memory and regions. Both are reused, since the service does not
/// use them after the completion. Invariant: <see cref="Next"/> is called only if no request of the slot is in flight.
/// </summary>
internal sealed class BenchSlot
{
    private readonly BenchWorkload workload;
    private readonly BenchPattern pattern;
    private readonly IoMemory memory;
    private readonly IoRegion[] one;
    private readonly IoRegion[] all;

    private BenchSlot(BenchWorkload workload, BenchPattern pattern, IoMemory memory)
    {
        this.workload = workload;
        this.pattern = pattern;
        this.memory = memory;
        all = [.. workload.Regions];
        one = all.Length == 1 ? all : [all[0]];
    }

    /// <summary>The memory of the request; null for a flush.</summary>
    internal IoMemory? Data => Operation == IoOperation.Flush ? null : memory;

    internal IoOperation Operation { get; private set; }

    /// <summary>The regions of the request.</summary>
    internal IoRegion[] Regions => Operation == IoOperation.Read || workload.IsSpread ? one : all;

    /// <summary>The time of submission, in stopwatch ticks.</summary>
    internal long SentAt { get; set; }

    /// <summary>Pages of a lease with all its slots.</summary>
    internal static int PagesFor(BenchWorkload workload) => checked(workload.Depth * PagesPerSlot(workload));

    /// <summary>Builds the slots of a lease. Its pages are filled with random bytes, so that a store that compresses
    /// data, or does not store zeroes, has no advantage.</summary>
    internal static BenchSlot[] Build(BenchWorkload workload, BenchPattern pattern, IReadOnlyList<Page> pages)
    {
        var random = new Random(workload.Seed);
        foreach (var page in pages)
        {
            random.NextBytes(page.Memory.Span);
        }

        var slots = new BenchSlot[workload.Depth];
        var perSlot = PagesPerSlot(workload);
        for (var index = 0; index < slots.Length; index++)
        {
            var own = new PageList([.. pages.Skip(index * perSlot).Take(perSlot)]);
            var isWhole = own.LengthBytes == workload.BlockBytes;
            slots[index] = new BenchSlot(workload, pattern, isWhole ? own : own.Slice(0, workload.BlockBytes));
        }

        return slots;
    }

    /// <summary>Chooses the next request.</summary>
    internal void Next()
    {
        Operation = pattern.NextIsRead() ? IoOperation.Read : IoOperation.Write;
        var (block, which) = workload.IsSpread
            ? Math.DivRem(pattern.NextTarget(), workload.Regions.Count)
            : (pattern.NextTarget(), 0);
        var regions = Regions;
        for (var index = 0; index < regions.Length; index++)
        {
            var region = workload.Regions[(int)which + index];
            var start = region.Start.Value + (block * workload.BlockSectors);
            regions[index] = new IoRegion(region.Device, start, workload.BlockSectors);
        }
    }

    /// <summary>Changes a completed write into its flush, if the workload has flushes.</summary>
    internal bool TryFlush()
    {
        if (!workload.IsFlushed || Operation != IoOperation.Write)
        {
            return false;
        }

        Operation = IoOperation.Flush;
        return true;
    }

    /// <summary>The request as a message.</summary>
    internal IoRequest Request(IActorRef? replyTo) => new()
    {
        Operation = Operation,
        Regions = Regions,
        Memory = Data,
        ForceUnitAccess = IsDurable,
        Context = this,
        ReplyTo = replyTo,
    };

    internal bool IsDurable => workload.ForceUnitAccess && Operation == IoOperation.Write;

    /// <summary>Pages of one request.</summary>
    internal static int PagesPerSlot(BenchWorkload workload) =>
        (workload.BlockBytes + Page.SizeBytes - 1) / Page.SizeBytes;
}
