using System.Buffers.Binary;
using DmIo.Volumes.Record;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Volumes.Tests.Record;

public sealed class SuperblockCodecTests
{
    [Fact]
    public void A_superblock_is_decoded_as_it_was_encoded() => Prop.ForAll(Samples.Superblocks, superblock =>
    {
        var block = Samples.Encode(superblock, 9, 2);
        Assert.Equal(
            new SuperblockCopy(CopyState.Valid, 9, superblock, null), SuperblockCodec.Decode(block, copy: 2));
    }).QuickCheckThrowOnFailure();

    /// <summary>A change of these bytes is a change of the format: it needs another version.</summary>
    [Fact]
    public void The_bytes_of_a_superblock_are_fixed()
    {
        var record = new byte[RecordCodec.Length];
        RecordCodec.Encode(Samples.Record, record);
        var expected = string.Concat(
            "444d494f564f4c31", "0100", "03", "00", "1eb2c4d5", "0807060504030201",
            "707172737475767778797a7b7c7d7e7f", "202122232425262728292a2b2c2d2e2f",
            "00", "04", "0000", "01000000",
            "4847464544434241", "808182838485868788898a8b8c8d8e8f", new string('0', 16),
            Convert.ToHexStringLower(record),
            "0000000000000000", "0000000000010000", "16", "10", "000000000000",
            "0020000000000000", "0040010000000000", "00c0050100000000", "0000104100000000", new string('0', 80),
            "5857565554535251", "6867666564636261", "909192939495969798999a9b9c9d9e9f", "7877767574737271",
            "8887868584838281", "6dc3bc6c6c6572" + new string('0', 114), "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
            "01", "00000000000000", "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf", "9897969594939291",
            "a8a7a6a5a4a3a2a1", "b8b7b6b5b4b3b2b1", "c8c7c6c5c4c3c2c1",
            new string('0', 2 * (4096 - 888)));

        Assert.Equal(expected, Convert.ToHexStringLower(Samples.Encode(Samples.Superblock, 0x0102030405060708, 3)));
    }

    [Fact]
    public void A_change_of_any_byte_is_detected()
    {
        var block = Samples.Encode(Samples.Superblock, 9, 0);
        for (var offset = 0; offset < block.Length; offset++)
        {
            foreach (byte flip in (ReadOnlySpan<byte>)[0x01, 0x80, 0xff])
            {
                block[offset] ^= flip;
                Assert.NotEqual(CopyState.Valid, SuperblockCodec.Decode(block, 0).State);
                block[offset] ^= flip;
            }
        }

        Assert.Equal(CopyState.Valid, SuperblockCodec.Decode(block, 0).State);
    }

    [Theory]
    [InlineData(LegState.None, 0, true)]
    [InlineData(LegState.Blank, 1, true)]
    [InlineData(LegState.Outdated, 2, true)]
    [InlineData(LegState.Inconsistent, 3, true)]
    [InlineData(LegState.InSync, 4, true)]
    [InlineData(LegState.Forked, 5, true)]
    [InlineData(LegState.Syncing, 16, false)]
    public void The_numbers_of_the_durable_states_are_fixed(LegState state, byte number, bool isDurable)
    {
        Assert.Equal(number, (byte)state);
        Assert.Equal(isDurable, state.IsDurable());
    }

    [Fact]
    public void The_checksum_is_CRC32C() =>
        Assert.Equal(0x8a9136aau, Fields.Crc32C(new byte[32]));

    [Theory]
    [InlineData(8, 2, CopyState.Newer, "has format version 2, which is newer than this program's 1; use a newer dmio")]
    [InlineData(60, 4, CopyState.Newer, "has flags 0x4, which this program does not know; use a newer dmio")]
    [InlineData(63, 0x80, CopyState.Newer,
        "has flags 0x80000000, which this program does not know; use a newer dmio")]
    [InlineData(8, 0, CopyState.Invalid, "has the unknown format version 0")]
    [InlineData(10, 1, CopyState.Invalid, "is copy 1, in the place of copy 0")]
    [InlineData(16, 0, CopyState.Invalid, "has the sequence 0")]
    [InlineData(56, 16, CopyState.Invalid, "has the member number 16")]
    [InlineData(57, 6, CopyState.Invalid, "has the unknown leg state 6")]
    [InlineData(57, (int)LegState.Syncing, CopyState.Invalid, "has the unknown leg state 16")]
    [InlineData(57, 0, CopyState.Invalid, "has the leg state None, but is no witness")]
    [InlineData(60, 3, CopyState.Invalid, "has the leg state InSync, but is a witness")]
    [InlineData(95, 1, CopyState.Invalid, "has data in a reserved field, at byte 95")]
    [InlineData(96 + 60, 2, CopyState.Invalid, "has a record that has the unknown quorum rule 2")]
    [InlineData(608, 1, CopyState.Invalid, "has, at byte 608, another geometry than belongs to its maximum size")]
    [InlineData(616, 1, CopyState.Invalid,
        "has the maximum size 1099511627777, which is not a multiple of 512 up to 8176PiB")]
    [InlineData(624, 21, CopyState.Invalid, "has, at byte 624, another geometry than belongs to its maximum size")]
    [InlineData(700, 1, CopyState.Invalid, "has, at byte 700, another geometry than belongs to its maximum size")]
    [InlineData(752, 0xff, CopyState.Invalid, "has a name that is not UTF-8")]
    [InlineData(752, 0, CopyState.Invalid, "has a name that is not UTF-8")]
    [InlineData(832, 2, CopyState.Invalid, "has data in a reserved field, at byte 832")]
    [InlineData(4095, 1, CopyState.Invalid, "has data in a reserved field, at byte 4095")]
    public void An_invalid_field_is_refused_by_name(int offset, byte value, object state, string fault)
    {
        var block = Samples.Encode(Samples.Superblock, 9, 0);
        block[offset] = value;
        SuperblockCodec.Seal(block);

        var copy = SuperblockCodec.Decode(block, 0);

        Assert.Equal((state, fault), (copy.State, copy.Fault));
        Assert.Null(copy.Superblock);
    }

    [Fact]
    public void Blocks_without_a_superblock_are_told_apart()
    {
        var rotten = Samples.Encode(Samples.Superblock, 9, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(rotten.AsSpan(8), 7);

        Assert.Equal("cannot be read", SuperblockCodec.Decode([], 0).Fault);
        Assert.Equal("is no superblock", SuperblockCodec.Decode(new byte[4096], 0).Fault);
        Assert.Equal(
            "has a wrong checksum (and it has the format version 7)", SuperblockCodec.Decode(rotten, 0).Fault);
    }

    [Fact]
    public void A_continuity_includes_only_an_equal_one_that_was_begun_and_has_not_ended()
    {
        var begun = new Continuity(false, Samples.Id(1), 2, new(3, 4, 5));

        Assert.True(begun.Includes(begun));
        Assert.False((begun with { IsEnded = true }).Includes(begun));
        Assert.False(begun.Includes(begun with { BootId = Samples.Id(2) }));
        Assert.False(begun.Includes(begun with { DiskSequence = 3 }));
        Assert.False(begun.Includes(begun with { File = new(3, 4, 6) }));
        Assert.False(begun.Includes(begun with { MetadataDiskSequence = 3 }));
        Assert.False(begun.Includes(begun with { MetadataFile = new(3, 4, 5) }));
        Assert.False(default(Continuity).Includes(default));
    }
}
