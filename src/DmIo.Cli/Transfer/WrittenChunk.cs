using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>One chunk on its way to the regions that take a part in it.</summary>
/// <param name="Regions">Those that still take data.</param>
/// <param name="Position">Sectors from the beginning of every region.</param>
/// <param name="Sectors">The chunk's length; a region whose end is nearer takes less.</param>
/// <param name="Data">What is written.</param>
/// <param name="Scratch">What is read back for comparison; null where nothing is to be compared.</param>
internal sealed record WrittenChunk(
    RegionTally[] Regions, long Position, long Sectors, IoMemory Data, IoMemory? Scratch)
{
    /// <summary>The outcome; index i is <see cref="Regions"/>[i].</summary>
    internal IoResult? Result { get; set; }

    /// <summary>The comparison, where one was made.</summary>
    internal ReadBack[]? Comparison { get; set; }

    internal IoRegion PieceOf(int index)
    {
        var region = Regions[index].Region;
        var rest = (region.Count?.Value ?? long.MaxValue) - Position;
        return region.Piece(Position, Math.Min(rest, Sectors));
    }
}
