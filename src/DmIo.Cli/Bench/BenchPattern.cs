namespace DmIo.Cli;

/// <summary>
/// Which place is next (a block, or where requests are spread, a block of one region), and whether to read it. In
/// order: each lease begins at a place of its own and goes round the working set. Random: SplitMix64, whose state only
/// ever has a constant added to it, so that the threads of one lease share a generator without a lock. The same seed
/// gives the same blocks.
/// </summary>
internal sealed class BenchPattern
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private readonly BenchWorkload workload;
    private readonly long places;
    private readonly bool isMixed;
    private ulong state;
    private long next;

    /// <param name="workload">What to do.</param>
    /// <param name="lease">Whose pattern, from 0 on.</param>
    /// <param name="leases">How many there are.</param>
    internal BenchPattern(BenchWorkload workload, int lease, int leases)
    {
        this.workload = workload;
        places = workload.Places;
        isMixed = workload.HasReads && workload.HasWrites;
        state = Mix(((ulong)workload.Seed << 32) + (ulong)lease);
        next = places / leases * lease;
    }

    internal long NextPlace() => workload.IsSequential
        ? (Interlocked.Increment(ref next) - 1) % places
        : (long)Math.BigMul(Random(), (ulong)places, out _);

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
