using DmIo.Cli.Exit;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>The values of <c>--memory</c>: the memory services of dm-io.</summary>
internal enum MemoryKind
{
    /// <summary>A list of pages of the lease.</summary>
    Pages,

    /// <summary>A vector of segments of pages of the lease.</summary>
    Bvec,

    /// <summary>A virtual buffer: contiguous native memory.</summary>
    Vm,
}

/// <summary>
/// How a command divides its lease: <see cref="Slots"/> chunks at a time, each with a number of buffers of
/// <see cref="ChunkPages"/> pages. Invariant: <c>Slots * buffers * ChunkPages &lt;= Pages</c>.
/// </summary>
internal sealed record ChunkPlan(int ChunkPages, int Slots, int Pages)
{
    private const int DefaultChunkPages = 256;
    private const int DefaultSlots = 4;
    private const int MaxSlots = 16;
    private const int DefaultPages = 8192;
    private const int MaxChunkPages = 1 << 18;

    internal int ChunkBytes => ChunkPages * Page.SizeBytes;

    internal int ChunkSectors => ChunkBytes / Sector.SizeBytes;

    /// <param name="pages"><c>--pages</c>: the size of the lease.</param>
    /// <param name="chunk"><c>--chunk</c>.</param>
    /// <param name="buffers">Buffers of each chunk.</param>
    /// <exception cref="RefusedException">The pages are too few for one chunk, or the chunk size is
    /// invalid.</exception>
    internal static ChunkPlan For(int? pages, ByteSize? chunk, int buffers)
    {
        var chunkPages = chunk is { } size ? ReadChunk(size) : DefaultChunk(pages ?? DefaultPages, buffers);
        if (pages is not { } given)
        {
            return new ChunkPlan(chunkPages, DefaultSlots, checked(DefaultSlots * buffers * chunkPages));
        }

        var slots = Math.Min(given / buffers / chunkPages, MaxSlots);
        if (slots == 0)
        {
            throw new RefusedException(
                $"--pages {given} is too few: {buffers} buffer(s) of {chunkPages} page(s) need "
                + $"{(long)buffers * chunkPages}.");
        }

        return new ChunkPlan(chunkPages, slots, given);
    }

    private static int DefaultChunk(int pages, int buffers) =>
        Math.Clamp(pages / (DefaultSlots * buffers), 1, DefaultChunkPages);

    private static int ReadChunk(ByteSize size)
    {
        if (size.Bytes == 0 || size.Bytes % Page.SizeBytes != 0 || size.Bytes / Page.SizeBytes > MaxChunkPages)
        {
            throw new RefusedException(
                $"--chunk {size} is {size.Bytes} bytes; a chunk is a multiple of {Page.SizeBytes} bytes, up to "
                + $"{ByteSize.FromBytes((long)MaxChunkPages * Page.SizeBytes)}.");
        }

        return (int)(size.Bytes / Page.SizeBytes);
    }
}

/// <summary>
/// The memory of the chunks: one or more buffers for each slot of the plan, built once and reused. A buffer consists of
/// pages of the lease, or of native memory of the same size.
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

    internal int Slots => Plan.Slots;

    /// <param name="kind">The memory service.</param>
    /// <param name="plan">Number and size of the buffers.</param>
    /// <param name="perSlot">Buffers of each slot.</param>
    /// <param name="pages">Pages of the lease, at least as many as the plan has.</param>
    internal static ChunkBuffers Build(MemoryKind kind, ChunkPlan plan, int perSlot, IReadOnlyList<Page> pages)
    {
        var built = new IoMemory[plan.Slots * perSlot];
        for (var index = 0; index < built.Length; index++)
        {
            var own = pages.Skip(index * plan.ChunkPages).Take(plan.ChunkPages);
            built[index] = kind switch
            {
                MemoryKind.Pages => new PageList([.. own]),
                MemoryKind.Bvec =>
                    new BioVector([.. own.Select(page => new BioSegment(page.Memory, 0, Page.SizeBytes))]),
                _ => VirtualBuffer.Allocate(plan.ChunkBytes),
            };
        }

        return new ChunkBuffers(built, perSlot, plan);
    }

    /// <summary>The number of chunks in flight: all slots but <paramref name="spare"/>, or one if calls
    /// block.</summary>
    /// <param name="io">The target of the requests.</param>
    /// <param name="spare">Slots in use without a request in flight: 1 if the next chunk is filled at that
    /// time.</param>
    internal int DepthFor(IRegionIo io, int spare) => io.IsBlocking ? 1 : Math.Max(1, Slots - spare);

    internal IoMemory Get(int slot, int which = 0) => memories[(slot * perSlot) + which];
}

/// <summary>
/// The chunks in flight, in the order of their submission. They are completed in this order, one at a time, so that the
/// completion (counting, writing to the output) needs no lock.
/// </summary>
internal sealed class InFlight<TChunk>(Func<TChunk, ValueTask> complete)
{
    private readonly Queue<Task<TChunk>> chunks = new();

    /// <summary>Completes the oldest chunks until fewer than <paramref name="limit"/> are in flight.</summary>
    internal async ValueTask MakeRoomAsync(int limit)
    {
        while (chunks.Count >= limit)
        {
            await complete(await chunks.Dequeue());
        }
    }

    internal void Add(Task<TChunk> chunk) => chunks.Enqueue(chunk);

    /// <summary>Completes all chunks.</summary>
    internal ValueTask DrainAsync() => MakeRoomAsync(1);

    /// <summary>Waits for all chunks without completing them: a request in flight still uses its buffer.</summary>
    internal async ValueTask AbandonAsync()
    {
        while (chunks.TryDequeue(out var chunk))
        {
            await chunk;
        }
    }
}
