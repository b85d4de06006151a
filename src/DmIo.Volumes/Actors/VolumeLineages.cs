using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The lineages that the devices of a volume follow. A new one begins when an operator forces legs to be a
/// volume of their own. Records are ordered within one lineage only.</summary>
internal static class VolumeLineages
{
    /// <summary>The newest record of the lineage that counts: the only one, or the child of every other one, whose
    /// legs are Forked.</summary>
    /// <param name="name">The name of the volume.</param>
    /// <param name="members">The records by device, one or more.</param>
    /// <exception cref="VolumeException">Two lineages do not come from each other; the message names both.</exception>
    internal static VolumeRecord NewestOf(
        string name, IEnumerable<(string Device, VolumeRecord Record)> members)
    {
        var lineages = members.GroupBy(member => member.Record.Lineage)
            .Select(lineage => (
                Newest: lineage.Select(member => member.Record).MaxBy(record => record.Version)!,
                Devices: string.Join(", ", lineage.Select(member => $"'{member.Device}'"))))
            .ToList();
        foreach (var (newest, _) in lineages)
        {
            if (lineages.TrueForAll(other => other.Newest.Lineage == newest.Lineage
                || other.Newest.Lineage == newest.ParentLineage))
            {
                return newest;
            }
        }

        throw new VolumeException(
            $"The devices of the volume '{name}' follow lineages that do not come from each other: "
            + string.Join("; ", lineages.Select(lineage => $"{lineage.Newest.Lineage} has {lineage.Devices}"))
            + ". Their data differs: name the devices of one lineage.");
    }
}

/// <summary>A leg or witness of another lineage than that of the volume. It has no vote, and its data is neither used
/// nor changed.</summary>
/// <param name="Device">The name of its device.</param>
/// <param name="Member">Its number in its own lineage.</param>
/// <param name="IsWitness">It has no data.</param>
internal sealed record ForkedMember(string Device, int Member, bool IsWitness)
{
    internal static ForkedMember Of(LegStore store) =>
        new(store.Device, store.Superblock.Member, store.Superblock.State == LegState.None);
}
