using DmIo.Volumes.Record;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Volumes.Tests.Record;

public sealed class RecordCodecTests
{
    [Fact]
    public void A_record_is_decoded_as_it_was_encoded() => Prop.ForAll(Samples.Records, record =>
    {
        var bytes = Encode(record);
        Assert.True(RecordCodec.TryDecode(bytes, out var decoded, out var fault), fault);
        Assert.Equal(record, decoded);
        Assert.Equal(bytes, Encode(decoded));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Zeroes_are_no_record()
    {
        Assert.Equal(new byte[RecordCodec.Length], Encode(null));
        Assert.True(RecordCodec.TryDecode(new byte[RecordCodec.Length], out var record, out _));
        Assert.Null(record);
    }

    /// <summary>A change of these bytes is a change of the format: it needs another version.</summary>
    [Fact]
    public void The_bytes_of_a_record_are_fixed()
    {
        var expected = string.Concat(
            "0807060504030201", "101112131415161718191a1b1c1d1e1f", "1817161514131211", "0000004001000000",
            "2827262524232221", "3837363534333231", "05000000", "01", "00", "0900",
            "505152535455565758595a5b5c5d5e5f", "606162636465666768696a6b6c6d6e6f", new string('0', 64),
            "202122232425262728292a2b2c2d2e2f", "00", "06", "000000000000",
            "303132333435363738393a3b3c3d3e3f", "03", "02", "000000000000",
            "404142434445464748494a4b4c4d4e4f", "08", "05", "000000000000",
            new string('0', 13 * 48));

        Assert.Equal(expected, Convert.ToHexStringLower(Encode(Samples.Record)));
    }

    [Fact]
    public void The_order_of_Guids_is_the_order_of_their_bytes() => Prop.ForAll<Guid, Guid>((one, other) =>
    {
        Span<byte> left = stackalloc byte[16];
        Span<byte> right = stackalloc byte[16];
        left.PutGuid(0, one);
        right.PutGuid(0, other);
        Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(left.SequenceCompareTo(right)));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(24, 0, "has the number 0")]
    [InlineData(39, 0x80, "has a size of 9223372042223484928 bytes")]
    [InlineData(56, 0x08, "has unknown flags 0x8")]
    [InlineData(59, 0x80, "has unknown flags 0x80000000")]
    [InlineData(60, 2, "has the unknown quorum rule 2")]
    [InlineData(61, 1, "has data in a reserved field, at byte 61")]
    [InlineData(62, 2, "has the in-sync set {1}, but the legs {0,3}")]
    [InlineData(127, 1, "has data in a reserved field, at byte 127")]
    [InlineData(128 + 16, 3, "has an invalid configuration: Member 3 is used twice.")]
    [InlineData(128 + 16, 16, "has an invalid configuration: Member 16 is above the limit of 16 members.")]
    [InlineData(128 + 17, 0, "has an invalid configuration: Member 0 votes in no configuration.")]
    [InlineData(128 + 17, 14, "has unknown flags 0x8 in voter slot 0")]
    [InlineData(128 + 18, 1, "has data in a reserved field, at byte 146")]
    [InlineData(511, 1, "has data in a reserved field, at byte 511")]
    public void An_invalid_field_is_refused_by_name(int offset, byte value, string fault)
    {
        var bytes = Encode(Samples.Record);
        if (offset is 24 or 62)
        {
            bytes.AsSpan(offset, offset == 24 ? 8 : 2).Clear();
        }

        bytes[offset] = value;

        Assert.False(RecordCodec.TryDecode(bytes, out var record, out var found));
        Assert.Null(record);
        Assert.StartsWith(fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Arbitrary_bytes_are_refused_or_canonical() => Prop.ForAll(Arb.From(Changed()), bytes =>
    {
        if (RecordCodec.TryDecode(bytes, out var record, out var fault))
        {
            Assert.Equal(bytes, Encode(record));
        }
        else
        {
            Assert.NotEmpty(fault);
        }
    }).QuickCheckThrowOnFailure();

    private static Gen<byte[]> Changed() =>
        from record in Samples.Records.Generator
        from offset in Gen.Choose(0, RecordCodec.Length - 1)
        from value in Gen.Choose(0, 255)
        select Change(Encode(record), offset, (byte)value);

    private static byte[] Change(byte[] bytes, int offset, byte value)
    {
        bytes[offset] = value;
        return bytes;
    }

    private static byte[] Encode(VolumeRecord? record)
    {
        var bytes = new byte[RecordCodec.Length];
        RecordCodec.Encode(record, bytes);
        return bytes;
    }
}
