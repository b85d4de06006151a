using Akka.Actor;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Pages;
using static DmIo.Actors.IoProtocol;

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
    private readonly IoRegion[] first;
    private readonly IoRegion[] all;

    private BenchSlot(BenchWorkload workload, BenchPattern pattern, IoMemory memory)
    {
        this.workload = workload;
        this.pattern = pattern;
        Memory = memory;
        all = [.. workload.Regions];
        first = all.Length == 1 ? all : [all[0]];
    }

    internal IoMemory Memory { get; }

    internal IoOperation Operation { get; private set; }

    /// <summary>Where the request goes.</summary>
    internal IoRegion[] Regions => Operation == IoOperation.Read ? first : all;

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

    /// <summary>Chooses the next block.</summary>
    internal void Next()
    {
        Operation = pattern.NextIsRead() ? IoOperation.Read : IoOperation.Write;
        var position = pattern.NextBlock() * workload.BlockSectors;
        var regions = Regions;
        for (var index = 0; index < regions.Length; index++)
        {
            var region = workload.Regions[index];
            regions[index] = new IoRegion(region.Device, region.Start.Value + position, workload.BlockSectors);
        }
    }

    /// <summary>The chosen block as a message.</summary>
    internal IoRequest Request(IActorRef? replyTo) => new()
    {
        Operation = Operation,
        Regions = Regions,
        Memory = Memory,
        ForceUnitAccess = IsDurable,
        Context = this,
        ReplyTo = replyTo,
    };

    internal bool IsDurable => workload.ForceUnitAccess && Operation == IoOperation.Write;

    private static int PagesPerSlot(BenchWorkload workload) =>
        (workload.BlockBytes + Page.SizeBytes - 1) / Page.SizeBytes;
}
