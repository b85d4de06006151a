using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Dump;

/// <summary>A volume as the metadata of its legs and witnesses describes it, without a writer.</summary>
/// <param name="Id">The Guid of the volume.</param>
/// <param name="Name">Its name.</param>
/// <param name="Record">The newest record that was found. A quorum of the voters may not have accepted it.</param>
/// <param name="Legs">Its legs, also those that were not found, and those of an older lineage.</param>
/// <param name="Witnesses">Its witnesses, also those that were not found.</param>
internal sealed record ClosedVolume(
    Guid Id, string Name, VolumeRecord Record, IReadOnlyList<ClosedMember> Legs, IReadOnlyList<ClosedMember> Witnesses)
{
    /// <summary>Describes a volume.</summary>
    /// <param name="found">The devices that are its legs and witnesses; those without a superblock are left
    /// out.</param>
    /// <exception cref="VolumeException">No device has a record, or the devices belong to several volumes.</exception>
    public static ClosedVolume Of(IReadOnlyList<LegInspection> found)
    {
        var members = found.Where(leg => leg.Reading.Superblock is not null).ToList();
        VolumeMembers.RequireOneVolume(members.Select(leg => (leg.Device, leg.Reading.Superblock!)));
        var recorded = members.Where(leg => leg.Reading.Superblock!.Accepted is not null).ToList();
        if (recorded.Count == 0)
        {
            throw new VolumeException("No device has a record of a volume.");
        }

        var record = VolumeLineages.NewestOf(
            recorded[0].Reading.Superblock!.Name,
            recorded.Select(leg => (leg.Device, leg.Reading.Superblock!.Accepted!)));
        var newest = recorded.Find(leg => leg.Reading.Superblock!.Accepted!.Version == record.Version)!
            .Reading.Superblock!;
        var forked = recorded.FindAll(leg => leg.Reading.Superblock!.Accepted!.Lineage != record.Lineage);
        members.RemoveAll(forked.Contains);
        var byMember = members.ToLookup(leg => leg.Reading.Superblock!.Member);
        return new ClosedVolume(
            newest.Volume,
            newest.Name,
            record,
            [
                .. Slots(isWitness: false).Select(slot => Describe(slot, byMember[slot.Member], record, members)),
                .. forked.Where(leg => leg.Reading.Superblock!.State != LegState.None).Select(Fork),
            ],
            [.. Slots(isWitness: true).Select(slot => Describe(slot, byMember[slot.Member], record, members))]);

        IEnumerable<VoterSlot> Slots(bool isWitness) =>
            record.Configuration.Slots.Where(slot => slot.IsWitness == isWitness);
    }

    /// <summary>A leg of an older lineage.</summary>
    private static ClosedMember Fork(LegInspection leg) => new(
        leg.Devices,
        leg.Reading.Superblock!.Member,
        LegState.Forked,
        leg.Reading.Superblock.Accepted,
        Missed: default);

    private static ClosedMember Describe(
        VoterSlot slot, IEnumerable<LegInspection> found, VolumeRecord record, List<LegInspection> all)
    {
        var leg = found.FirstOrDefault(leg => leg.Reading.Superblock!.Leg == slot.Id);
        var superblock = leg?.Reading.Superblock;
        var state = superblock switch
        {
            null => LegState.Absent,
            { State: LegState.InSync } when !record.InSync[slot.Member] => LegState.Outdated,
            _ => superblock.State,
        };
        return new ClosedMember(
            leg?.Devices, slot.Member, state, superblock?.Accepted, MissedBy(slot.Member, state, record, all));
    }

    /// <summary>The legs in sync know what the others lack. A blank leg lacks everything.</summary>
    private static ByteSize MissedBy(byte member, LegState state, VolumeRecord record, List<LegInspection> all)
    {
        if (state == LegState.Blank)
        {
            return record.Size;
        }

        if (record.InSync[member])
        {
            return default;
        }

        var missed = new RegionSet();
        foreach (var leg in all.Where(leg => record.InSync[leg.Reading.Superblock!.Member]))
        {
            if (leg.Missed.TryGetValue(member, out var regions))
            {
                missed.UnionWith(regions);
            }
        }

        return ByteSize.Min(ByteSize.FromBytes(missed.Count << LegGeometry.RegionShift), record.Size);
    }
}

/// <summary>A leg or witness of a closed volume.</summary>
/// <param name="Devices">The names of its devices; null: it was not found.</param>
/// <param name="Member">Its number in the volume.</param>
/// <param name="State">Its state according to its superblock and the newest record; None for a witness.</param>
/// <param name="Accepted">The record that it accepted last; null: none, or it was not found.</param>
/// <param name="Missed">What it lacks, as far as the legs in sync were found.</param>
internal sealed record ClosedMember(
    LegDevices? Devices, int Member, LegState State, VolumeRecord? Accepted, ByteSize Missed);
