using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Record;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Volumes.Tests.Maps;

public sealed class MapPageTests
{
    private static readonly MapPageId Id = new(MapKind.Missed, Samples.Id(0x20), 3, 0x0102030405060708);

    [Fact]
    public void A_page_is_decoded_as_it_was_encoded()
    {
        var words = Gen.Choose(0, int.MaxValue).Select(value => (ulong)value * 0x9e3779b97f4a7c15)
            .ArrayOf(RegionPage.WordCount);
        Prop.ForAll(Arb.From(words), bits =>
        {
            var (decoded, block) = (new ulong[RegionPage.WordCount], Encode(bits));
            Assert.True(MapPage.TryDecode(block, Id, decoded, out var sequence, out var fault), fault);
            Assert.Equal(9UL, sequence);
            Assert.Equal(bits, decoded);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>A change of these bytes is a change of the format.</summary>
    [Fact]
    public void The_bytes_of_a_page_are_fixed()
    {
        var bits = new ulong[RegionPage.WordCount];
        (bits[0], bits[503]) = (0x0123456789abcdef, 1);
        var expected = string.Concat(
            "444d494f4d415031", "02", "03", "0000", "64417a06", "202122232425262728292a2b2c2d2e2f",
            "0807060504030201", "0900000000000000", new string('0', 32), "efcdab8967452301",
            new string('0', 16 * 502), "0100000000000000");

        Assert.Equal(expected, Convert.ToHexStringLower(Encode(bits)));
    }

    [Fact]
    public void A_change_of_any_byte_is_detected()
    {
        var block = Encode(new ulong[RegionPage.WordCount]);
        for (var offset = 0; offset < block.Length; offset++)
        {
            block[offset] ^= 0x40;
            Assert.NotEqual("", FaultOf(block, Id));
            block[offset] ^= 0x40;
        }

        Assert.Equal("", FaultOf(block, Id));
    }

    [Fact]
    public void A_page_of_another_leg_map_member_or_place_is_refused()
    {
        var block = Encode(new ulong[RegionPage.WordCount]);

        Assert.StartsWith("belongs to another leg", FaultOf(block, Id with { Leg = Samples.Id(0x21) }));
        Assert.Equal("belongs to map 2 of member 3", FaultOf(block, Id with { Kind = MapKind.Active }));
        Assert.Equal("belongs to map 2 of member 3", FaultOf(block, Id with { Member = 4 }));
        Assert.Equal("is page 72623859790382856", FaultOf(block, Id with { Page = 1 }));
        Assert.Equal("cannot be read", FaultOf([], Id));
        Assert.Equal("is no page of a map", FaultOf(new byte[4096], Id));
    }

    private static byte[] Encode(ulong[] bits)
    {
        var block = new byte[LegGeometry.BlockBytes];
        block.AsSpan().Fill(0xff);
        MapPage.Encode(Id, 9, bits, block);
        return block;
    }

    private static string FaultOf(byte[] block, MapPageId id) =>
        MapPage.TryDecode(block, id, new ulong[RegionPage.WordCount], out _, out var fault) ? "" : fault;
}
