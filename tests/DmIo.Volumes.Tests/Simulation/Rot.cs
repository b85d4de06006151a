using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>Blocks whose content changes without a write. Data that has rotted counts as correct: copies may spread it
/// before legs are compared.</summary>
internal sealed class Rot(SimulatedVolume volume)
{
    private readonly HashSet<byte[]> contents = [];

    /// <summary>The regions of the volume in which data has rotted.</summary>
    internal RegionSet Regions { get; } = new();

    /// <summary>The content of a sector is not what was written.</summary>
    internal bool Made(byte[]? content) => content is not null && contents.Contains(content);

    /// <summary>A copy of the superblock rots. Within the atlas, two good and equal copies of the newest sequence
    /// remain, and nothing rots while the superblock is being written.</summary>
    internal void Superblock(SimulatedMember member)
    {
        var reading = SuperblockCopies.Read(member.Metadata.ReadSuperblocks());
        var good = System.Numerics.BitOperations.PopCount(reading.Current);
        var isNewest = reading.Sequence == reading.LastSequence;
        if (volume.Options.IsBeyondAtlas || (!member.IsWriting && isNewest && good > 2))
        {
            member.Metadata.HasRotten = true;
            Block(member, member.Geometry.SuperblockAt(volume.Random.Next(LegGeometry.Copies)));
        }
    }

    /// <summary>A page of a map rots: all of its bits count as set.</summary>
    internal void Map(SimulatedMember member)
    {
        if (!member.IsWitness)
        {
            var page = volume.Random.Next(4);
            Block(member, page < LegGeometry.ActiveSlots
                ? member.Geometry.ActivePageAt(0, page)
                : member.Geometry.MissedPageAt(volume.Random.Next(volume.Options.Legs), 0));
        }
    }

    /// <summary>Data rots; of sectors in use more often.</summary>
    internal void Data(SimulatedMember member)
    {
        if (!member.IsWitness)
        {
            var sectors = (int)volume.Newest.Size.Sectors.Value;
            Data(member, volume.Random.Next(volume.Random.Next(2) == 0 ? Math.Min(8, sectors) : sectors));
        }
    }

    internal void Data(SimulatedMember member, int sector)
    {
        volume.Log?.Add($"leg {member.Number}: sector {sector} rots");
        var content = volume.NextContent();
        contents.Add(content);
        Regions.Set(sector / SimulationOptions.SectorsPerRegion);
        member.Device.Disk.Rot(member.DataStart + sector, content);
    }

    private void Block(SimulatedMember member, Sector start)
    {
        volume.Log?.Add($"member {member.Number}: the block at {start.Value} rots");
        var bytes = new byte[Sector.SizeBytes];
        volume.Random.NextBytes(bytes);
        member.Device.Disk.Rot((int)start.Value + volume.Random.Next(8), bytes);
    }
}
