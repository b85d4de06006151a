using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Checks of a device that is to become a leg or witness. Writes nothing.</summary>
internal static class NewMember
{
    /// <summary>Checks that the device can be used, and holds nothing that would be lost.</summary>
    /// <param name="client">A client of the service.</param>
    /// <param name="name">The name of the device.</param>
    /// <param name="attached">The attached devices.</param>
    /// <param name="force">What the device holds may be lost.</param>
    /// <param name="allowUnfenced">The device need not be fenced.</param>
    /// <exception cref="VolumeException">The device is missing, cannot be used, or holds a volume or a file
    /// system.</exception>
    internal static async Task CheckAsync(
        IoClient client,
        string name,
        AttachedDevices attached,
        bool force,
        bool allowUnfenced)
    {
        var description = attached.Require(name, allowUnfenced);
        var found = await LegStore.ReadSuperblockAsync(client, name, description.Capacity);
        if (!force && found.Copies.Any(copy => copy.State is CopyState.Valid or CopyState.Newer))
        {
            var known = found.Copies.FirstOrDefault(copy => copy.Superblock is not null)?.Superblock;
            throw new VolumeException(
                $"'{name}' belongs to the volume '{known?.Name}' already; use Force to replace it.");
        }

        if (!force && await SignatureOfAsync(client, name, description.Capacity) is { } signature)
        {
            throw new VolumeException($"'{name}' holds {signature}; use Force to replace it.");
        }
    }

    /// <exception cref="VolumeException">The device is too small for a witness.</exception>
    internal static void RequireWitnessRoom(string name, DeviceDescription description)
    {
        if (description.Capacity.Bytes < LegGeometry.WitnessBytes)
        {
            throw new VolumeException(
                $"The witness '{name}' has {description.Capacity}; a witness has at least "
                + $"{LegGeometry.WitnessBytes >> 10} KiB.");
        }
    }

    /// <summary>What a known signature says that the device holds; null: no signature is known.</summary>
    private static async Task<string?> SignatureOfAsync(IoClient client, string name, ByteSize capacity)
    {
        (string Holds, int Offset, byte[] Magic)[] known =
        [
            ("an ext2, ext3 or ext4 file system", 1080, [0x53, 0xEF]),
            ("an XFS file system", 0, "XFSB"u8.ToArray()),
            ("a btrfs file system", 65600, "_BHRfS_M"u8.ToArray()),
            ("a LUKS container", 0, "LUKS"u8.ToArray()),
            ("an LVM physical volume", 536, "LVM2 001"u8.ToArray()),
            ("a GPT partition table", 512, "EFI PART"u8.ToArray()),
            ("a partition table or boot sector", 510, [0x55, 0xAA]),
        ];
        var bytes = new byte[(int)Math.Min(capacity.Bytes, 128 << 10)];
        var result = await client.ReadAsync(new IoRegion(name, 0, bytes.Length / Sector.SizeBytes), bytes);
        result.ThrowIfFailed();
        return known.FirstOrDefault(one => bytes.Length >= one.Offset + one.Magic.Length
            && bytes.AsSpan(one.Offset, one.Magic.Length).SequenceEqual(one.Magic)).Holds;
    }
}
