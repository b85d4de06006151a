using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Checks of a device that is to become a leg or witness. Writes nothing.</summary>
internal static class NewMember
{
    // Metadata is a multiple of 1 MiB.
    private const int BytesAtOnce = 1 << 20;

    /// <summary>Checks that the devices can be used, and hold nothing that would be lost.</summary>
    /// <param name="client">A client of the service.</param>
    /// <param name="devices">The names of the devices.</param>
    /// <param name="attached">The attached devices.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="isSource">The data is kept: it may hold a file system.</param>
    /// <exception cref="VolumeException">A device is missing, cannot be used, or holds a volume or a file
    /// system.</exception>
    internal static async Task CheckAsync(
        IoClient client,
        LegDevices devices,
        AttachedDevices attached,
        MemberOptions options,
        bool isSource = false)
    {
        attached.Require(devices, options.AllowUnfenced);
        foreach (var device in devices.All)
        {
            var keepsData = isSource && device == devices.Data;
            await CheckAsync(client, device, attached[device].Capacity, options.Force, keepsData);
        }
    }

    /// <summary>Checks that external metadata has room on its device, and that the device reads as zeroes there, unless
    /// forced.</summary>
    /// <exception cref="VolumeException">The device is too small or holds data.</exception>
    internal static async Task CheckMetadataAsync(
        IoClient client, LegDevices devices, AttachedDevices attached, LegGeometry geometry, bool force)
    {
        var (device, length) = (devices.MetadataDevice, geometry.MetadataLength);
        if (devices.Metadata is null)
        {
            return;
        }

        if (attached[device].Capacity < length)
        {
            throw new VolumeException(
                $"'{device}' of {attached[device].Capacity} is too small for the metadata of '{devices.Data}': a "
                + $"volume of up to {geometry.MaximumSize} needs {length.Bytes} bytes.");
        }

        var bytes = new byte[BytesAtOnce];
        for (var at = 0L; at < length.Bytes && !force; at += bytes.Length)
        {
            var region = new IoRegion(device, at / Sector.SizeBytes, bytes.Length / Sector.SizeBytes);
            (await client.ReadAsync(region, bytes)).ThrowIfFailed();
            if (bytes.AsSpan().ContainsAnyExcept((byte)0))
            {
                throw new VolumeException(
                    $"'{device}' holds data, and its first {length.Bytes} bytes would become the metadata of "
                    + $"'{devices.Data}'; use Force to replace it.");
            }
        }
    }

    private static async Task CheckAsync(IoClient client, string name, ByteSize capacity, bool force, bool keepsData)
    {
        var found = await LegStore.ReadCopiesAsync(client, name, capacity);
        if (!force && found.Copies.Any(copy => copy.State is CopyState.Valid or CopyState.Newer))
        {
            var known = found.Copies.FirstOrDefault(copy => copy.Superblock is not null)?.Superblock;
            throw new VolumeException(
                $"'{name}' belongs to the volume '{known?.Name}' already; use Force to replace it.");
        }

        if (!force && !keepsData && await SignatureOfAsync(client, name, capacity) is { } signature)
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
