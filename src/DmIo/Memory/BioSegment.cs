namespace DmIo.Memory;

/// <summary>A contiguous piece of a page, or of any other memory. Linux's <c>struct bio_vec</c>.</summary>
public readonly record struct BioSegment
{
    /// <summary><paramref name="lengthBytes"/> bytes of the page, from <paramref name="offsetBytes"/> on.</summary>
    /// <param name="page">4096 bytes, or any number of them.</param>
    /// <param name="offsetBytes">0 to the page's length.</param>
    /// <param name="lengthBytes">0 to what the page has behind the offset.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie within the page.</exception>
    public BioSegment(Memory<byte> page, int offsetBytes, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, page.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, page.Length - offsetBytes);
        Page = page;
        OffsetBytes = offsetBytes;
        LengthBytes = lengthBytes;
    }

    /// <summary>The page that the segment is a piece of.</summary>
    public Memory<byte> Page { get; }

    /// <summary>Where in the page it begins.</summary>
    public int OffsetBytes { get; }

    /// <summary>Its length.</summary>
    public int LengthBytes { get; }

    /// <summary>The bytes of the segment.</summary>
    public Memory<byte> Memory => Page.Slice(OffsetBytes, LengthBytes);
}
