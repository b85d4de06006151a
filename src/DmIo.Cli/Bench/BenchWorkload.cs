using DmIo.Io;

namespace DmIo.Cli.Bench;

/// <summary>The operations of a workload.</summary>
internal enum BenchOperation
{
    /// <summary>Random reads.</summary>
    RandRead,

    /// <summary>Random writes.</summary>
    RandWrite,

    /// <summary>Reads in order.</summary>
    Read,

    /// <summary>Writes in order.</summary>
    Write,

    /// <summary>Random reads and writes, mixed.</summary>
    RandRw,
}

/// <summary>How requests are submitted.</summary>
internal enum BenchCaller
{
    /// <summary>By messages of an actor.</summary>
    Tell,

    /// <summary>By Ask, which returns a task.</summary>
    Ask,

    /// <summary>By the client, which returns a task.</summary>
    Client,
}

/// <summary>
/// The load of each lease. Block b starts b blocks after the start of every region; the smallest region determines the
/// size of the working set. Invariant: the working set has at least one block.
/// </summary>
internal sealed record BenchWorkload
{
    internal required BenchOperation Operation { get; init; }

    /// <summary>A read goes to the first region, a write to all at once, unless <see cref="IsSpread"/>. Every
    /// region has a count.</summary>
    internal required IReadOnlyList<IoRegion> Regions { get; init; }

    /// <summary>Bytes of a request, whole sectors.</summary>
    internal required int BlockBytes { get; init; }

    /// <summary>Requests in flight of each lease.</summary>
    internal required int Depth { get; init; }

    /// <summary>Percentage of reads in <see cref="BenchOperation.RandRw"/>.</summary>
    internal int ReadPercent { get; init; } = 50;

    internal bool ForceUnitAccess { get; init; }

    /// <summary>Each write is followed by a flush of its devices. Both are counted as one request.</summary>
    internal bool IsFlushed { get; init; }

    /// <summary>Each request goes to one of the regions: a load on many devices, not on many copies.</summary>
    internal bool IsSpread { get; init; }

    /// <summary>Each lease uses other regions, if there are enough. Only with <see cref="IsSpread"/>.</summary>
    internal bool IsOwn { get; init; }

    /// <summary>Seed of the random generators.</summary>
    internal int Seed { get; init; } = 1;

    internal int BlockSectors => BlockBytes / Sector.SizeBytes;

    /// <summary>Blocks of the working set in each region.</summary>
    internal long Blocks => Regions.Min(region => region.Count.Value) / BlockSectors;

    /// <summary>The number of different targets of a request: blocks, or with <see cref="IsSpread"/> the blocks of all
    /// regions.</summary>
    internal long Targets => Blocks * (IsSpread ? Regions.Count : 1);

    /// <summary>The workload of one lease.</summary>
    internal BenchWorkload ShareOf(int lease, int leases)
    {
        if (!IsOwn)
        {
            return this;
        }

        var own = Regions.Where((_, index) => index % leases == lease).ToArray();
        return this with { Regions = own.Length > 0 ? own : [Regions[lease % Regions.Count]] };
    }

    internal bool IsSequential => Operation is BenchOperation.Read or BenchOperation.Write;

    internal bool HasReads => Operation is not (BenchOperation.RandWrite or BenchOperation.Write);

    internal bool HasWrites => Operation is not (BenchOperation.RandRead or BenchOperation.Read);
}

/// <summary>
/// The access pattern of one lease: the target of the next request (a block, or with spread requests a block of one
/// region), and whether to read it. Sequential: each lease starts at another target and wraps around the working set.
/// Random: SplitMix64, whose state changes by an addition, so that the threads of one lease share a generator without a
/// lock. The same seed gives the same targets.
/// </summary>
internal sealed class BenchPattern
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private readonly BenchWorkload workload;
    private readonly long targets;
    private readonly bool isMixed;
    private ulong state;
    private long next;

    /// <param name="workload">The workload of the lease.</param>
    /// <param name="lease">Index of the lease, from 0.</param>
    /// <param name="leases">The number of leases.</param>
    internal BenchPattern(BenchWorkload workload, int lease, int leases)
    {
        this.workload = workload;
        targets = workload.Targets;
        isMixed = workload.HasReads && workload.HasWrites;
        state = Mix(((ulong)workload.Seed << 32) + (ulong)lease);
        next = targets / leases * lease;
    }

    internal long NextTarget() => workload.IsSequential
        ? (Interlocked.Increment(ref next) - 1) % targets
        : (long)Math.BigMul(Random(), (ulong)targets, out _);

    internal bool NextIsRead() => isMixed
        ? Math.BigMul(Random(), 100, out _) < (ulong)workload.ReadPercent
        : workload.HasReads;

    private ulong Random() => Mix(Interlocked.Add(ref state, Step));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
