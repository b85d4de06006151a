using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// How a command divides its lease: <see cref="Slots"/> chunks are in work at once, each with <c>buffers</c> buffers
/// of <see cref="ChunkPages"/> pages. Invariant: <c>Slots * buffers * ChunkPages &lt;= Pages</c>.
/// </summary>
internal sealed record ChunkPlan(int ChunkPages, int Slots, int Pages)
{
    private const int DefaultChunkPages = 256;
    private const int DefaultSlots = 4;
    private const int MostSlots = 16;
    private const int DefaultBudgetPages = 8192;
    private const int LargestChunkPages = 1 << 18;

    internal int ChunkBytes => ChunkPages * Page.SizeBytes;

    internal int ChunkSectors => ChunkBytes / Sector.SizeBytes;

    /// <summary>From what the user asked for.</summary>
    /// <param name="pages"><c>--pages</c>: all that there is.</param>
    /// <param name="chunk"><c>--chunk</c>.</param>
    /// <param name="buffers">How many buffers each chunk needs.</param>
    /// <exception cref="RefusedException">It can't be divided so.</exception>
    internal static ChunkPlan For(int? pages, ByteSize? chunk, int buffers)
    {
        var chunkPages = chunk is { } size ? ReadChunk(size) : DefaultChunk(pages ?? DefaultBudgetPages, buffers);
        if (pages is not { } given)
        {
            return new ChunkPlan(chunkPages, DefaultSlots, checked(DefaultSlots * buffers * chunkPages));
        }

        var slots = Math.Min(given / buffers / chunkPages, MostSlots);
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
        if (size.Bytes == 0 || size.Bytes % Page.SizeBytes != 0 || size.Bytes / Page.SizeBytes > LargestChunkPages)
        {
            throw new RefusedException(
                $"--chunk {size} is {size.Bytes} bytes; a chunk is a multiple of {Page.SizeBytes} bytes, up to "
                + $"{ByteSize.FromBytes((long)LargestChunkPages * Page.SizeBytes)}.");
        }

        return (int)(size.Bytes / Page.SizeBytes);
    }
}
