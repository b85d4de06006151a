using DmIo.Io;
using DmIo.Memory;
using DmIo.Pages;

namespace DmIo.Simulation;

/// <summary>
/// The memory of one request, in one of the kinds that dm-io has, with guards around every piece of it. Before a read
/// it holds what no device ever does; after the outcome it is spoilt, and whoever still touches it is found out.
/// </summary>
internal sealed class GuardedMemory
{
    private const byte Guard = 0xA5;
    private const byte Spoilt = 0xEE;
    private const int MostGuardBytes = 64;

    private readonly List<(byte[] Array, int Start, int Length)> pieces = [];
    private bool isSpoilt;

    private GuardedMemory(int sectors) => Sectors = sectors;

    /// <summary>Whole sectors that it has room for.</summary>
    internal int Sectors { get; }

    internal IoMemory Memory { get; private set; } = Array.Empty<byte>();

    internal static GuardedMemory Make(Random random, int sectors, Func<long, long>? valueOf)
    {
        var memory = new GuardedMemory(sectors);
        var length = sectors * Sector.SizeBytes;
        memory.Memory = random.Next(4) switch
        {
            0 => memory.Piece(random, length),
            1 => memory.NewPageList(random, length),
            2 => memory.NewVector(random, length),
            _ => new VirtualBuffer(memory.Piece(random, length)),
        };
        memory.Fill(valueOf);
        return memory;
    }

    /// <summary>The sector's bytes, wherever they lie.</summary>
    internal byte[] SectorAt(int index)
    {
        var bytes = new byte[Sector.SizeBytes];
        Copy(index * Sector.SizeBytes, bytes, isRead: true);
        return bytes;
    }

    /// <summary>Of a read: nobody wrote there yet.</summary>
    internal bool IsUntouched(int index) => SectorAt(index).AsSpan().IndexOfAnyExcept(Guard) < 0;

    /// <summary>Null: the guards are whole, and so is all of it, once it is spoilt.</summary>
    internal string? Fault()
    {
        foreach (var (array, start, length) in pieces)
        {
            if (array.AsSpan(0, start).IndexOfAnyExcept(Guard) >= 0
                || array.AsSpan(start + length).IndexOfAnyExcept(Guard) >= 0)
            {
                return "bytes beside the memory were written";
            }

            if (isSpoilt && array.AsSpan(start, length).IndexOfAnyExcept(Spoilt) >= 0)
            {
                return "the memory was written after the outcome";
            }
        }

        return null;
    }

    /// <summary>It is the caller's again, who does something else with it.</summary>
    internal void Spoil()
    {
        isSpoilt = true;
        pieces.ForEach(piece => piece.Array.AsSpan(piece.Start, piece.Length).Fill(Spoilt));
    }

    private void Fill(Func<long, long>? valueOf)
    {
        var bytes = new byte[Sector.SizeBytes];
        for (var index = 0; index < Sectors && valueOf is not null; index++)
        {
            SectorValue.Fill(bytes, valueOf(index));
            Copy(index * Sector.SizeBytes, bytes, isRead: false);
        }
    }

    private Memory<byte> Piece(Random random, int length)
    {
        var start = random.Next(MostGuardBytes);
        var array = new byte[start + length + random.Next(MostGuardBytes)];
        array.AsSpan().Fill(Guard);
        pieces.Add((array, start, length));
        return array.AsMemory(start, length);
    }

    private PageList NewPageList(Random random, int length)
    {
        var offset = random.Next(2) == 0 ? 0 : random.Next(Page.SizeBytes);
        var pages = new List<Memory<byte>>();
        for (var have = -offset; have < length || pages.Count == 0; have += Page.SizeBytes)
        {
            pages.Add(Piece(random, Page.SizeBytes));
        }

        // What lies before the offset is a guard, too.
        var (array, start, _) = pieces[0];
        pieces[0] = (array, start + offset, Page.SizeBytes - offset);
        return new PageList(pages, offset);
    }

    private BioVector NewVector(Random random, int length)
    {
        var segments = new List<BioSegment>();
        while (length > 0)
        {
            var part = random.Next(3) == 0 ? Math.Min(length, random.Next(1, 700)) : Math.Min(length, 1024);
            segments.Add(new BioSegment(Piece(random, part), 0, part));
            length -= part;
        }

        return new BioVector(segments);
    }

    private void Copy(int offset, Span<byte> bytes, bool isRead)
    {
        foreach (var (array, start, length) in pieces)
        {
            if (offset >= length)
            {
                offset -= length;
                continue;
            }

            var here = array.AsSpan(start + offset, Math.Min(length - offset, bytes.Length));
            if (isRead)
            {
                here.CopyTo(bytes);
            }
            else
            {
                bytes[..here.Length].CopyTo(here);
            }

            bytes = bytes[here.Length..];
            offset = 0;
            if (bytes.IsEmpty)
            {
                return;
            }
        }
    }
}
