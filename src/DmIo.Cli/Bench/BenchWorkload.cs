using DmIo.Io;

namespace DmIo.Cli;

/// <summary>What is asked for again and again.</summary>
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

/// <summary>By which of the service's faces.</summary>
internal enum BenchCaller
{
    /// <summary>Messages of an actor, answered by messages.</summary>
    Tell,

    /// <summary>Ask's task for each request.</summary>
    Ask,

    /// <summary>The client's task for each request.</summary>
    Client,
}

/// <summary>
/// The load that each lease makes. Block b lies b blocks behind the start of every region; the smallest region bounds
/// the working set. Invariant: the working set has at least one block.
/// </summary>
internal sealed record BenchWorkload
{
    internal required BenchOperation Operation { get; init; }

    /// <summary>A read goes to the first, a write to all at once, unless <see cref="IsSpread"/>. Each with its
    /// count.</summary>
    internal required IReadOnlyList<IoRegion> Regions { get; init; }

    /// <summary>Bytes of a request, whole sectors.</summary>
    internal required int BlockBytes { get; init; }

    /// <summary>Requests that each lease keeps in flight.</summary>
    internal required int Depth { get; init; }

    /// <summary>How many of a hundred are reads, where the operation is both.</summary>
    internal int ReadPercent { get; init; } = 50;

    internal bool ForceUnitAccess { get; init; }

    /// <summary>A write is followed by a flush of its devices; both together are one request.</summary>
    internal bool IsFlushed { get; init; }

    /// <summary>Each request goes to one region of all: a load on many devices, not on many copies.</summary>
    internal bool IsSpread { get; init; }

    /// <summary>Each lease has regions of its own, as far as there are enough; only where they are spread.</summary>
    internal bool IsOwn { get; init; }

    /// <summary>Where the random generators begin.</summary>
    internal int Seed { get; init; } = 1;

    internal int BlockSectors => BlockBytes / Sector.SizeBytes;

    /// <summary>Blocks of the working set in each region.</summary>
    internal long Blocks => Regions.Min(region => region.Count.Value) / BlockSectors;

    /// <summary>How many different requests there are: blocks, or where they are spread, blocks of all
    /// regions.</summary>
    internal long Places => Blocks * (IsSpread ? Regions.Count : 1);

    /// <summary>What is one lease's of the whole load.</summary>
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
