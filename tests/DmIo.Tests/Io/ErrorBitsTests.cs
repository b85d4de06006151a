using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Io;

/// <summary>R1: bit i belongs to region i, for all 64 bits.</summary>
public sealed class ErrorBitsTests
{
    public static TheoryData<int> Indexes => new(Enumerable.Range(0, ErrorBits.Capacity));

    [Theory]
    [MemberData(nameof(Indexes))]
    public void R1_setting_one_bit_sets_that_bit_and_no_other(int index)
    {
        var bits = ErrorBits.None.With(index);

        Assert.Equal(Enumerable.Range(0, 64).Select(i => i == index), Enumerable.Range(0, 64).Select(i => bits[i]));
        Assert.Equal(1UL << index, bits.Value);
        Assert.Equal(1, bits.Count);
        Assert.False(bits.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void R1_enumerating_one_bit_yields_its_index_once(int index)
    {
        Assert.Equal([index], IndexesOf(ErrorBits.None.With(index)));
    }

    [Fact]
    public void R1_bits_0_31_32_and_63_are_independent()
    {
        var bits = ErrorBits.None.With(63).With(32).With(31).With(0);

        Assert.Equal(0x8000000180000001UL, bits.Value);
        Assert.Equal("0x8000000180000001", bits.ToString());
        Assert.Equal([0, 31, 32, 63], IndexesOf(bits));
        Assert.Equal(4, bits.Count);
    }

    [Fact]
    public void R1_bit_31_is_not_sign_extended()
    {
        Assert.Equal("0x80000000", ErrorBits.None.With(31).ToString());
    }

    [Fact]
    public void Setting_a_bit_twice_changes_nothing()
    {
        Assert.Equal(ErrorBits.None.With(5), ErrorBits.None.With(5).With(5));
    }

    [Fact]
    public void The_empty_set_is_the_default_and_prints_as_0x0()
    {
        Assert.Equal(default, ErrorBits.None);
        Assert.True(ErrorBits.None.IsEmpty);
        Assert.Equal(0, ErrorBits.None.Count);
        Assert.Empty(IndexesOf(ErrorBits.None));
        Assert.Equal("0x0", ErrorBits.None.ToString());
    }

    [Fact]
    public void All_of_n_regions_are_the_n_lowest_bits_for_every_n_up_to_64()
    {
        Assert.All(Enumerable.Range(0, 65), n => Assert.Equal(Enumerable.Range(0, n), IndexesOf(ErrorBits.All(n))));
    }

    [Fact]
    public void The_union_has_the_bits_of_both()
    {
        Assert.Equal([1, 32, 63], IndexesOf(ErrorBits.None.With(1).With(63) | ErrorBits.None.With(32).With(1)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(64)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void R1_an_index_outside_0_to_63_is_refused_by_name_and_value(int index)
    {
        var fromSet = Assert.Throws<ArgumentOutOfRangeException>(() => ErrorBits.None.With(index));
        var fromGet = Assert.Throws<ArgumentOutOfRangeException>(() => ErrorBits.None[index]);

        Assert.Equal(("index", index), (fromSet.ParamName, fromSet.ActualValue));
        Assert.Equal(("index", index), (fromGet.ParamName, fromGet.ActualValue));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    public void R1_all_of_fewer_than_0_or_more_than_64_regions_is_refused(int regions)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ErrorBits.All(regions));
    }

    [Fact]
    public void Enumerating_allocates_nothing()
    {
        var bits = ErrorBits.All(64);
        var sum = SumOf(bits);

        var before = GC.GetAllocatedBytesForCurrentThread();
        sum += SumOf(bits);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(2 * 63 * 32, sum);
    }

    private static int SumOf(ErrorBits bits)
    {
        var sum = 0;
        foreach (var index in bits)
        {
            sum += index;
        }

        return sum;
    }

    private static List<int> IndexesOf(ErrorBits bits)
    {
        var indexes = new List<int>();
        foreach (var index in bits)
        {
            indexes.Add(index);
        }

        return indexes;
    }
}
