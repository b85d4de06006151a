using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// The memory that chunks are in: for each of the plan's slots, one buffer or several, made of the lease's pages (or,
/// for virtual buffers, of native memory that the lease's pages pay for). Made once, used over and over.
/// </summary>
internal sealed class ChunkBuffers
{
    private readonly IoMemory[] memories;
    private readonly int perSlot;

    private ChunkBuffers(IoMemory[] memories, int perSlot, ChunkPlan plan)
    {
        this.memories = memories;
        this.perSlot = perSlot;
        Plan = plan;
    }

    internal ChunkPlan Plan { get; }

    /// <summary>How many chunks have memory of their own.</summary>
    internal int Slots => Plan.Slots;

    /// <param name="kind">Which memory service.</param>
    /// <param name="plan">The division.</param>
    /// <param name="perSlot">Buffers of each slot.</param>
    /// <param name="pages">Of the lease: as many as the plan says.</param>
    internal static ChunkBuffers Build(MemoryKind kind, ChunkPlan plan, int perSlot, IReadOnlyList<Page> pages)
    {
        var made = new IoMemory[plan.Slots * perSlot];
        for (var index = 0; index < made.Length; index++)
        {
            var own = pages.Skip(index * plan.ChunkPages).Take(plan.ChunkPages);
            made[index] = kind switch
            {
                MemoryKind.Pages => new PageList([.. own]),
                MemoryKind.Bvec =>
                    new BioVector([.. own.Select(page => new BioSegment(page.Memory, 0, Page.SizeBytes))]),
                _ => VirtualBuffer.Allocate(plan.ChunkBytes),
            };
        }

        return new ChunkBuffers(made, perSlot, plan);
    }

    /// <summary>How many chunks to have in flight.</summary>
    /// <param name="io">Where they go.</param>
    /// <param name="spare">Slots that are in work without being in flight: one, where the next chunk is filled
    /// meanwhile.</param>
    internal int DepthFor(IRegionIo io, int spare) => io.IsBlocking ? 1 : Math.Max(1, Slots - spare);

    internal IoMemory Get(int slot, int which = 0) => memories[(slot * perSlot) + which];
}
