using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The blocks of metadata on the disk of a member, apart from the process that writes them.</summary>
/// <param name="disk">The disk.</param>
/// <param name="first">The first superblock.</param>
internal sealed class MemberMetadata(SectorDisk disk, Superblock first)
{
    private LegGeometry Geometry => first.Geometry;

    /// <summary>A copy of the superblock may be rotten.</summary>
    internal bool HasRotten { get; set; }

    /// <summary>Writes the superblock and, for a leg, empty maps, before the beginning.</summary>
    internal void Format()
    {
        var update = SuperblockCopies.Create(SuperblockCopies.Read(ReadSuperblocks())).Begin(first);
        while (update.Next is { } copy)
        {
            var block = new byte[LegGeometry.BlockBytes];
            update.Encode(block);
            Store(Geometry.SuperblockAt(copy), block);
            update.Complete(isDurable: true);
        }

        var isLeg = Geometry.Placement != MetadataPlacement.Witness;
        foreach (var write in new LegPages(Geometry, first.Leg).EncodeEmpty().Where(_ => isLeg))
        {
            Store(write.Start, write.Block);
        }
    }

    internal byte[]?[] ReadSuperblocks()
    {
        var blocks = new byte[]?[LegGeometry.Copies];
        for (var copy = 0; copy < blocks.Length; copy++)
        {
            blocks[copy] = new byte[LegGeometry.BlockBytes];
            disk.CopyTo((int)Geometry.SuperblockAt(copy).Value, blocks[copy]);
        }

        return blocks;
    }

    /// <summary>The extents that are active on disk.</summary>
    internal RegionSet ReadActive()
    {
        var (slots, extents) = (new byte[LegGeometry.ActiveSlots * LegGeometry.BlockBytes], new RegionSet());
        disk.CopyTo((int)Geometry.ActivePageAt(0, 0).Value, slots);
        new LegPages(Geometry, first.Leg).Active.Load(
            0, slots.AsSpan(0, LegGeometry.BlockBytes), slots.AsSpan(LegGeometry.BlockBytes), extents);
        return extents;
    }

    /// <summary>Beside a rotten copy, two good copies are left if a write of a copy goes wrong.</summary>
    /// <param name="io">The write of a copy.</param>
    internal bool MayTear(LegIo io)
    {
        var found = SuperblockCopies.Read(ReadSuperblocks()).Copies;
        var others = Enumerable.Range(0, LegGeometry.Copies).Count(copy =>
            found[copy].State == CopyState.Valid && Geometry.SuperblockAt(copy).Value != io.First);
        return !HasRotten || others > 1;
    }

    private void Store(Sector start, byte[] block)
    {
        var sectors = SectorDisk.SectorsOf(block);
        for (var i = 0; i < sectors.Length; i++)
        {
            disk.Write((int)start.Value + i, sectors[i], isForced: true);
        }
    }
}
