using Akka.Actor;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Cli;

/// <summary>
/// One of the requests that a lease keeps in flight: its memory and its regions, used over and over, since a request
/// that was answered has let go of both. Invariant: <see cref="Next"/> is called only while nothing of the slot is in
/// flight.
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

    /// <summary>What to send along; null with a flush.</summary>
    internal IoMemory? Data => Operation == IoOperation.Flush ? null : memory;

    internal IoOperation Operation { get; private set; }

    /// <summary>Where the request goes.</summary>
    internal IoRegion[] Regions => Operation == IoOperation.Read || workload.IsSpread ? one : all;

    /// <summary>When it was sent, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> has it.</summary>
    internal long SentAt { get; set; }

    /// <summary>Pages that a lease needs for its slots.</summary>
    internal static int PagesFor(BenchWorkload workload) => checked(workload.Depth * PagesPerSlot(workload));

    /// <summary>A lease's slots, in its pages, which are filled with bytes that follow from the seed: a store that
    /// compresses, or keeps no zeroes, shall gain nothing.</summary>
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
            ? Math.DivRem(pattern.NextPlace(), workload.Regions.Count)
            : (pattern.NextPlace(), 0);
        var regions = Regions;
        for (var index = 0; index < regions.Length; index++)
        {
            var region = workload.Regions[(int)which + index];
            var start = region.Start.Value + (block * workload.BlockSectors);
            regions[index] = new IoRegion(region.Device, start, workload.BlockSectors);
        }
    }

    /// <summary>What went well may have a second part: the flush behind a write, which is sent next.</summary>
    internal bool TryFollowUp()
    {
        if (!workload.IsFlushed || Operation != IoOperation.Write)
        {
            return false;
        }

        Operation = IoOperation.Flush;
        return true;
    }

    /// <summary>The chosen request as a message.</summary>
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
