using System.Runtime.InteropServices;
using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>
/// The content of a sector as a number: 0 for zeroes; for a write, the request and the sector in its memory. All 512
/// bytes are derived from the number, so that torn content is detected.
/// </summary>
internal static class SectorValue
{
    /// <summary>No write of the simulation has this content.</summary>
    private const long Garbage = -1;

    private const int WordsEach = Sector.SizeBytes / sizeof(long);
    private const int SectorBits = 16;

    private static long Of(long request, long sector) => (request << SectorBits) | sector;

    /// <summary>The data of a request for the whole of its memory.</summary>
    internal static byte[] DataOf(long request, int sectors)
    {
        var data = new byte[sectors * Sector.SizeBytes];
        for (var index = 0; index < sectors; index++)
        {
            Fill(data.AsSpan(index * Sector.SizeBytes, Sector.SizeBytes), Of(request, index));
        }

        return data;
    }

    private static void Fill(Span<byte> sector, long value)
    {
        var words = MemoryMarshal.Cast<byte, long>(sector);
        for (var index = 0; index < WordsEach; index++)
        {
            words[index] = Word(value, index);
        }
    }

    internal static long Read(ReadOnlySpan<byte> sector)
    {
        var words = MemoryMarshal.Cast<byte, long>(sector);
        for (var index = 1; index < WordsEach; index++)
        {
            if (words[index] != Word(words[0], index))
            {
                return Garbage;
            }
        }

        return words[0] < 0 ? Garbage : words[0];
    }

    /// <summary>The value in readable form.</summary>
    internal static string Name(long value) => value switch
    {
        0 => "zeroes",
        Garbage => "garbage",
        _ => $"#{value >> SectorBits}.{value & ((1 << SectorBits) - 1)}",
    };

    private static long Word(long value, int index) =>
        value == 0 || index == 0 ? value : (value * 31) + (index * 0x5851F42D4C957F2D);
}
