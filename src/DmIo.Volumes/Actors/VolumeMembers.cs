using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The superblocks of devices that are said to be one volume.</summary>
internal static class VolumeMembers
{
    /// <summary>Checks that devices belong to one volume.</summary>
    /// <param name="members">The devices that have a superblock, by their names.</param>
    /// <exception cref="VolumeException">They belong to several volumes; the message names each with its
    /// devices.</exception>
    internal static void RequireOneVolume(IEnumerable<(string Device, Superblock Superblock)> members)
    {
        var volumes = members.GroupBy(member => member.Superblock.Volume).ToList();
        if (volumes.Count > 1)
        {
            throw new VolumeException($"The devices belong to {volumes.Count} volumes: " + string.Join(
                "; ",
                volumes.Select(volume =>
                    $"'{volume.First().Superblock.Name}' ({volume.Key}) has "
                    + string.Join(", ", volume.Select(member => $"'{member.Device}'"))))
                + ". Name those of one volume.");
        }
    }

    /// <summary>Checks that a volume with legs that cannot be fenced is used on its host.</summary>
    /// <exception cref="VolumeException">It is bound to another host.</exception>
    internal static void RequireThisHost(string name, IEnumerable<Superblock> members)
    {
        var foreign = members.Select(member => member.Host)
            .FirstOrDefault(host => host != Guid.Empty && host != HostLock.HostId);
        if (foreign != Guid.Empty)
        {
            throw new VolumeException(
                $"The volume '{name}' has legs that cannot be fenced, and is bound to the host {foreign}; open it "
                + $"there. This host is {HostLock.HostId}.");
        }
    }
}
