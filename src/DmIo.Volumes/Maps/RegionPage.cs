using System.Numerics;
using System.Runtime.InteropServices;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>
/// The bits of one page of a <see cref="RegionSet"/>. Bit i is bit i % 64 of word i / 64.
/// <list type="bullet">
/// <item><see cref="Count"/> is the number of bits set.</item>
/// <item>A page has words if, and only if, some of its bits are set and others are not.</item>
/// </list>
/// A method that changes bits returns the change of <see cref="Count"/>. The spare words of the set are used before
/// words are allocated, and replaced by the words that a page no longer needs, so that a bit that is set and cleared
/// again and again does not allocate.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct RegionPage
{
    /// <summary>The words of a page.</summary>
    public const int WordCount = LegGeometry.PageBits / 64;

    /// <summary>The bits of a page: 4096 bytes less a header of 64 bytes.</summary>
    public const int Bits = LegGeometry.PageBits;

    /// <summary>The words; null: all bits are equal.</summary>
    public ulong[]? Words { readonly get; private set; }

    /// <summary>The number of bits set.</summary>
    public int Count { readonly get; private set; }

    public readonly bool Contains(int bit) =>
        Words is { } words ? (words[bit >> 6] & (1UL << bit)) != 0 : Count != 0;

    /// <summary>Sets or clears the bits from <paramref name="from"/> on, up to <paramref name="to"/>.</summary>
    public int Write(int from, int to, bool value, ref ulong[]? spare)
    {
        if (to - from == Bits)
        {
            return Resize(value ? Bits : 0, ref spare);
        }

        if (Count == (value ? Bits : 0))
        {
            return 0;
        }

        var words = Materialize(ref spare);
        var count = Count;
        for (var i = from >> 6; i <= (to - 1) >> 6; i++)
        {
            var mask = ulong.MaxValue << Math.Max(0, from - (i << 6));
            mask &= ulong.MaxValue >> Math.Max(0, (i << 6) + 64 - to);
            var word = value ? words[i] | mask : words[i] & ~mask;
            count += BitOperations.PopCount(word) - BitOperations.PopCount(words[i]);
            words[i] = word;
        }

        return Resize(count, ref spare);
    }

    /// <summary>Sets the bits of another page.</summary>
    public int UnionWith(in RegionPage other, ref ulong[]? spare) =>
        other.Words is { } words ? UnionWith(words, ref spare)
        : other.Count != 0 ? Resize(Bits, ref spare)
        : 0;

    /// <summary>Sets the bits of <see cref="WordCount"/> words.</summary>
    public int UnionWith(ReadOnlySpan<ulong> added, ref ulong[]? spare)
    {
        if (Count == Bits || !added.ContainsAnyExcept(0UL))
        {
            return 0;
        }

        var words = Materialize(ref spare);
        var count = 0;
        for (var i = 0; i < WordCount; i++)
        {
            words[i] |= added[i];
            count += BitOperations.PopCount(words[i]);
        }

        return Resize(count, ref spare);
    }

    /// <summary>Clears the bits of another page.</summary>
    public int ExceptWith(in RegionPage other, ref ulong[]? spare)
    {
        if (other.Words is not { } removed || Count == 0)
        {
            return other.Count == 0 ? 0 : Resize(0, ref spare);
        }

        var words = Materialize(ref spare);
        var count = 0;
        for (var i = 0; i < WordCount; i++)
        {
            words[i] &= ~removed[i];
            count += BitOperations.PopCount(words[i]);
        }

        return Resize(count, ref spare);
    }

    public readonly bool HasEqualBits(in RegionPage other) =>
        Count == other.Count && Words.AsSpan().SequenceEqual(other.Words);

    public readonly void CopyTo(Span<ulong> destination)
    {
        if (Words is { } words)
        {
            words.CopyTo(destination);
        }
        else
        {
            destination.Fill(Count == 0 ? 0 : ulong.MaxValue);
        }
    }

    /// <summary>The first bit with the value from a bit on; <see cref="Bits"/>: there is none.</summary>
    public readonly int Find(int from, bool value)
    {
        if (Words is not { } words)
        {
            return (Count != 0) == value ? from : Bits;
        }

        var flip = value ? 0UL : ulong.MaxValue;
        var word = (words[from >> 6] ^ flip) & (ulong.MaxValue << from);
        for (var i = from >> 6; ;)
        {
            if (word != 0)
            {
                return (i << 6) + BitOperations.TrailingZeroCount(word);
            }

            if (++i == WordCount)
            {
                return Bits;
            }

            word = words[i] ^ flip;
        }
    }

    /// <summary>Checks the properties that the summary lists.</summary>
    public readonly void CheckInvariants()
    {
        Invariant.Require(Count is >= 0 and <= Bits);
        Invariant.Require((Words is null) == (Count is 0 or Bits));
        Invariant.Require(Words is null || Words.Length == WordCount);
        Invariant.Require(Words is null || Words.Sum(BitOperations.PopCount) == Count);
    }

    private int Resize(int count, ref ulong[]? spare)
    {
        var change = count - Count;
        Count = count;
        if (count is 0 or Bits && Words is not null)
        {
            spare = Words;
            Words = null;
        }

        return change;
    }

    private ulong[] Materialize(ref ulong[]? spare)
    {
        if (Words is null)
        {
            Words = spare ?? new ulong[WordCount];
            spare = null;
            Words.AsSpan().Fill(Count == 0 ? 0 : ulong.MaxValue);
        }

        return Words;
    }
}
