using System.Numerics;

namespace DmIo.Volumes.Record;

/// <summary>A set of members of a volume, by their numbers 0..15: legs 0..7, and voters without data above
/// them.</summary>
/// <param name="Bits">Bit i stands for member i.</param>
public readonly record struct MemberSet(ushort Bits)
{
    /// <summary>The largest number of members: the voter slots of a record.</summary>
    public const int Capacity = 16;

    /// <summary>No member.</summary>
    public static MemberSet None => default;

    /// <summary>The set has no member.</summary>
    public bool IsEmpty => Bits == 0;

    /// <summary>The number of members.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>The member with the lowest number; the set must not be empty.</summary>
    public int First => IsEmpty
        ? throw new InvalidOperationException("The set of members is empty.")
        : BitOperations.TrailingZeroCount((uint)Bits);

    /// <summary>True if the member is in the set.</summary>
    public bool this[int member] => (Bits & Bit(member)) != 0;

    /// <summary>The set of one member.</summary>
    public static MemberSet Of(int member) => new(Bit(member));

    /// <summary>The members 0 to <paramref name="count"/> - 1.</summary>
    public static MemberSet FirstMembers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        return new((ushort)((1u << count) - 1));
    }

    public static MemberSet operator |(MemberSet left, MemberSet right) => new((ushort)(left.Bits | right.Bits));

    public static MemberSet operator &(MemberSet left, MemberSet right) => new((ushort)(left.Bits & right.Bits));

    /// <summary>The members of the left set that are not in the right one.</summary>
    public static MemberSet operator -(MemberSet left, MemberSet right) => new((ushort)(left.Bits & ~right.Bits));

    /// <summary>The same set with a member.</summary>
    public MemberSet With(int member) => new((ushort)(Bits | Bit(member)));

    /// <summary>The same set without a member.</summary>
    public MemberSet Without(int member) => new((ushort)(Bits & ~Bit(member)));

    /// <summary>Every member of this set is in the other one.</summary>
    public bool IsSubsetOf(MemberSet other) => (Bits & ~other.Bits) == 0;

    /// <summary>The sets have a member in common.</summary>
    public bool Overlaps(MemberSet other) => (Bits & other.Bits) != 0;

    /// <summary>Enumerates the members in ascending order, without allocating.</summary>
    public Enumerator GetEnumerator() => new(Bits);

    public override string ToString()
    {
        var members = new List<int>(Count);
        foreach (var member in this)
        {
            members.Add(member);
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private static ushort Bit(int member)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(member);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(member, Capacity);
        return (ushort)(1u << member);
    }

    /// <summary>Enumerates the members of a set.</summary>
    public struct Enumerator
    {
        private uint rest;

        internal Enumerator(ushort bits)
        {
            rest = bits;
            Current = -1;
        }

        /// <summary>The current member.</summary>
        public int Current { get; private set; }

        /// <summary>Moves to the next member.</summary>
        public bool MoveNext()
        {
            if (rest == 0)
            {
                return false;
            }

            Current = BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            return true;
        }
    }
}
