namespace DmIo.Io;

/// <summary>
/// The failed regions of a request: bit i stands for region i. Linux dm-io: <c>error_bits</c>, which older kernels
/// copied through an <c>int</c>, so that bits 32 to 63 were lost and bit 31 was sign-extended. All 64 bits are kept
/// here, and no signed type is used.
/// </summary>
/// <param name="Value">The bits.</param>
public readonly record struct ErrorBits(ulong Value)
{
    /// <summary>The largest number of regions in a request (BITS_PER_LONG in dm-io).</summary>
    public const int Capacity = 64;

    /// <summary>No region failed.</summary>
    public static ErrorBits None => default;

    /// <summary>No bit is set.</summary>
    public bool IsEmpty => Value == 0;

    /// <summary>The number of regions that failed.</summary>
    public int Count => System.Numerics.BitOperations.PopCount(Value);

    /// <summary>True if region <paramref name="index"/> (0..63) failed.</summary>
    public bool this[int index] => (Value & Bit(index)) != 0;

    /// <summary>Returns a set in which all of the first <paramref name="regions"/> (0..64) regions failed.</summary>
    public static ErrorBits All(int regions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(regions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regions, Capacity);
        return regions == Capacity ? new(ulong.MaxValue) : new((1UL << regions) - 1);
    }

    /// <summary>Returns the same set, with bit <paramref name="index"/> (0..63) set.</summary>
    public ErrorBits With(int index) => new(Value | Bit(index));

    /// <summary>The regions that failed in either set.</summary>
    public static ErrorBits operator |(ErrorBits left, ErrorBits right) => new(left.Value | right.Value);

    /// <summary>Enumerates the indexes of the failed regions in ascending order, without allocating.</summary>
    public Enumerator GetEnumerator() => new(Value);

    /// <summary>Formats the bits in hexadecimal, as dm-io does: <c>0x0</c>, <c>0x80000001</c>.</summary>
    public override string ToString() => $"0x{Value:x}";

    private static ulong Bit(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Capacity);
        return 1UL << index;
    }

    /// <summary>Enumerates the set bits.</summary>
    public struct Enumerator
    {
        private ulong rest;

        internal Enumerator(ulong bits)
        {
            rest = bits;
            Current = -1;
        }

        /// <summary>The index of a failed region.</summary>
        public int Current { get; private set; }

        /// <summary>Advances to the next set bit; returns false if there is none.</summary>
        public bool MoveNext()
        {
            if (rest == 0)
            {
                return false;
            }

            Current = System.Numerics.BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            return true;
        }
    }
}
