namespace DmIo.Io;

/// <summary>
/// Which regions of a request failed: bit i for region i, 64 bits from end to end. Linux dm-io's <c>error_bits</c>,
/// which older kernels copied through an <c>int</c>, losing bits 32 to 63 and smearing bit 31: no signed type is used
/// here.
/// </summary>
/// <param name="Value">The bits.</param>
public readonly record struct ErrorBits(ulong Value)
{
    /// <summary>The most regions that a request may have (BITS_PER_LONG in dm-io).</summary>
    public const int Capacity = 64;

    /// <summary>No region failed.</summary>
    public static ErrorBits None => default;

    /// <summary>No bit is set.</summary>
    public bool IsEmpty => Value == 0;

    /// <summary>How many regions failed.</summary>
    public int Count => System.Numerics.BitOperations.PopCount(Value);

    /// <summary>Did region <paramref name="index"/> (0..63) fail?</summary>
    public bool this[int index] => (Value & Bit(index)) != 0;

    /// <summary>The lowest <paramref name="regions"/> (0..64) bits set: "all of them failed".</summary>
    public static ErrorBits All(int regions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(regions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regions, Capacity);
        return regions == Capacity ? new(ulong.MaxValue) : new((1UL << regions) - 1);
    }

    /// <summary>The same with bit <paramref name="index"/> (0..63) set.</summary>
    public ErrorBits With(int index) => new(Value | Bit(index));

    /// <summary>The regions that failed in either.</summary>
    public static ErrorBits operator |(ErrorBits left, ErrorBits right) => new(left.Value | right.Value);

    /// <summary>The indexes of the failed regions, ascending, without allocating.</summary>
    public Enumerator GetEnumerator() => new(Value);

    /// <summary>Hexadecimal, as dm-io's users know it: <c>0x0</c>, <c>0x80000001</c>.</summary>
    public override string ToString() => $"0x{Value:x}";

    private static ulong Bit(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Capacity);
        return 1UL << index;
    }

    /// <summary>Goes over the set bits.</summary>
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

        /// <summary>To the next set bit, if there is one.</summary>
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
