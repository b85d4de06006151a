using DmIo.Io;
using DmIo.Volumes.Record;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Volumes.Tests.Record;

public sealed class LegGeometryTests
{
    private static readonly ByteSize TiB = ByteSize.FromGiB(1024);

    [Fact]
    public void The_metadata_of_a_TiB_is_16_4_MiB_and_the_data_starts_at_the_next_MiB()
    {
        var geometry = LegGeometry.For(MetadataPlacement.Internal, TiB);
        var blocks = 4 + (2 * geometry.ActivePages) + (8 * geometry.MissedPages);

        Assert.Equal(16.4, blocks * 4096 / (double)(1 << 20), tolerance: 0.05);
        Assert.Equal(ByteSize.FromMiB(17), geometry.DataStart);
        Assert.Equal((9, 521), (geometry.ActivePages, geometry.MissedPages));
    }

    [Fact]
    public void The_smallest_volume_has_1_MiB_of_metadata()
    {
        var geometry = LegGeometry.For(MetadataPlacement.Internal, ByteSize.FromBytes(512));

        Assert.Equal(ByteSize.FromMiB(1), geometry.DataStart);
        Assert.Equal((1, 1), (geometry.ActivePages, geometry.MissedPages));
    }

    [Fact]
    public void External_metadata_has_the_same_areas_and_the_data_starts_at_0()
    {
        var inside = LegGeometry.For(MetadataPlacement.Internal, TiB);
        var outside = LegGeometry.For(MetadataPlacement.External, TiB);

        Assert.Equal(
            inside with { Placement = MetadataPlacement.External, DataStart = ByteSize.FromBytes(0) }, outside);
    }

    [Fact]
    public void A_witness_has_four_superblocks_in_16_KiB()
    {
        var positions = Enumerable.Range(0, 4).Select(LegGeometry.Witness.SuperblockAt);

        Assert.Equal([0, 8, 16, 24], positions.Select(position => position.Value));
        Assert.Equal(ByteSize.FromKiB(16), LegGeometry.Witness.MetadataLength);
        Assert.Equal((0, 0), (LegGeometry.Witness.ActivePages, LegGeometry.Witness.MissedPages));
    }

    [Fact]
    public void Checksums_take_1_GiB_per_TiB()
    {
        var without = LegGeometry.For(MetadataPlacement.Internal, TiB);
        var with = LegGeometry.For(MetadataPlacement.Internal, TiB, hasChecksums: true);

        Assert.Equal(1L << 30, with.MetadataLength.Bytes - without.MetadataLength.Bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(513)]
    [InlineData(long.MaxValue - (1L << 54) + 513)]
    [InlineData(long.MaxValue)]
    public void A_size_that_is_no_size_of_a_volume_is_refused_with_the_limit(long bytes)
    {
        var error = Assert.Throws<ArgumentException>(
            () => LegGeometry.For(MetadataPlacement.Internal, ByteSize.FromBytes(bytes)));

        Assert.StartsWith(
            $"The maximum size {ByteSize.FromBytes(bytes)} of the volume is not a multiple of 512 bytes from 512 to "
            + "8176PiB. Choose one that is.",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_leg_holds_what_its_capacity_leaves_up_to_the_maximum()
    {
        var geometry = LegGeometry.For(MetadataPlacement.Internal, TiB);

        Assert.Equal(TiB, geometry.SizeOn(ByteSize.FromGiB(2048)));
        Assert.Equal(TiB.Bytes - (17 << 20), geometry.SizeOn(TiB).Bytes);
        Assert.Equal(512, geometry.SizeOn(ByteSize.FromBytes((17 << 20) + 1023)).Bytes);
        var error = Assert.Throws<ArgumentException>(() => geometry.SizeOn(ByteSize.FromMiB(17)));
        Assert.StartsWith(
            "A leg of 17MiB has no room for data after the metadata of 17MiB that a volume of up to 1TiB needs. "
            + "Use a leg of more than 17MiB, or a smaller maximum size.",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_blocks_share_a_place_and_all_are_within_the_metadata()
    {
        var sizes = Gen.Choose(1, 1 << 30).Select(value => ByteSize.FromSectors((long)value << 3));
        Prop.ForAll(Arb.From(sizes), Arb.From(Gen.Elements(false, true)), (maximum, hasChecksums) =>
        {
            var geometry = LegGeometry.For(MetadataPlacement.Internal, maximum, hasChecksums);
            var sectors = Enumerable.Range(0, 4).Select(geometry.SuperblockAt).ToList();
            for (var page = 0L; page < geometry.ActivePages; page++)
            {
                sectors.AddRange([geometry.ActivePageAt(page, 0), geometry.ActivePageAt(page, 1)]);
            }

            foreach (var page in (long[])[0, geometry.MissedPages / 2, geometry.MissedPages - 1])
            {
                sectors.AddRange(Enumerable.Range(0, 8).Select(member => geometry.MissedPageAt(member, page)));
            }

            var places = sectors.Distinct().ToList();
            var missed = Math.Min(3, geometry.MissedPages) * 8;
            Assert.Equal(4 + (2 * geometry.ActivePages) + missed, places.Count);
            Assert.All(places, place => Assert.Equal(0, place.Value % 8));
            Assert.Equal(geometry.DataStart.Sectors.Value - 8, places.Max(place => place.Value));
            var checksums = hasChecksums ? geometry.Checksums.Sectors.Value : geometry.DataStart.Sectors.Value - 16;
            Assert.True(geometry.MissedPageAt(7, geometry.MissedPages - 1).Value < checksums);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_usual_room_to_grow_is_twice_the_size_or_what_the_metadata_has_room_for()
    {
        var sizes = Gen.Choose(1, 1 << 30).Select(value => ByteSize.FromSectors((long)value << 3));
        Prop.ForAll(Arb.From(sizes), size =>
        {
            var geometry = LegGeometry.Growable(MetadataPlacement.Internal, size);
            var doubled = LegGeometry.For(MetadataPlacement.Internal, ByteSize.FromBytes(2 * size.Bytes));
            var more = ByteSize.FromBytes(geometry.MaximumSize.Bytes + (1L << LegGeometry.RegionShift));
            Assert.True(geometry.MaximumSize.Bytes >= 2 * size.Bytes);
            Assert.Equal(doubled.MetadataLength, geometry.MetadataLength);
            Assert.True(LegGeometry.For(MetadataPlacement.Internal, more).MetadataLength > geometry.MetadataLength);
        }).QuickCheckThrowOnFailure();
        Assert.Equal(
            ByteSize.FromBytes(31L * LegGeometry.PageBits << LegGeometry.RegionShift),
            LegGeometry.Growable(MetadataPlacement.Internal, ByteSize.FromMiB(16)).MaximumSize);
        Assert.Equal(
            LegGeometry.Limit, LegGeometry.Growable(MetadataPlacement.Internal, LegGeometry.Limit).MaximumSize);
    }

    [Fact]
    public void The_metadata_of_the_largest_volume_ends_below_8_EiB()
    {
        var geometry = LegGeometry.For(MetadataPlacement.Internal, LegGeometry.Limit, hasChecksums: true);

        Assert.True(geometry.DataStart.Bytes <= long.MaxValue - LegGeometry.Limit.Bytes);
    }

    [Fact]
    public void The_later_superblocks_are_found_without_the_first_two()
    {
        var geometry = LegGeometry.For(MetadataPlacement.Internal, TiB);

        Assert.Contains(geometry.SuperblockAt(2), LegGeometry.LaterCopies(TiB).Take(20));
        Assert.Equal([LegGeometry.Witness.SuperblockAt(2)], LegGeometry.LaterCopies(ByteSize.FromKiB(16)));
        Assert.Empty(LegGeometry.LaterCopies(ByteSize.FromKiB(12)));
    }
}
