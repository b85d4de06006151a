using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The creation of a volume: checks every leg before it writes the first one.</summary>
internal sealed class VolumeCreation(DmIoService service, IoClient client, VolumeOptions options)
{
    internal async Task RunAsync()
    {
        var attached = (await service.GetDevicesAsync()).ToDictionary(
            device => device.Name, device => device.Description, StringComparer.Ordinal);
        if (VolumeRules.FaultOfName(options.Name) is { } nameFault)
        {
            throw new VolumeException(nameFault);
        }

        foreach (var name in options.Legs.Concat(options.Witnesses))
        {
            await CheckAsync(name, attached);
        }

        if (options.Witnesses.FirstOrDefault(name => attached[name].Capacity.Bytes < LegGeometry.WitnessBytes)
            is { } small)
        {
            throw new VolumeException(
                $"The witness '{small}' has {attached[small].Capacity}; a witness has at least "
                + $"{LegGeometry.WitnessBytes >> 10} KiB.");
        }

        var (geometry, size) = Layout(attached);
        var record = await FirstRecordAsync(size);
        var volume = Guid.NewGuid();
        var isFenced = options.Legs.Concat(options.Witnesses).All(name => attached[name].IsExclusive);
        foreach (var slot in record.Configuration.Slots)
        {
            var device = slot.IsWitness
                ? options.Witnesses[slot.Member - VolumeConfiguration.MaxLegs]
                : options.Legs[slot.Member];
            await LegStore.CreateAsync(client, device, attached[device].Capacity, new Superblock
            {
                Volume = volume,
                Leg = slot.Id,
                Member = slot.Member,
                State = slot.IsWitness ? LegState.None
                    : record.InSync[slot.Member] ? LegState.InSync
                    : LegState.Blank,
                Promised = record.Version.Epoch,
                Accepted = record,
                Geometry = slot.IsWitness ? LegGeometry.Witness : geometry,
                Name = options.Name,
                Host = isFenced ? Guid.Empty : HostLock.HostId,
            });
        }
    }

    private async Task CheckAsync(string name, Dictionary<string, DeviceDescription> attached)
    {
        if (!attached.TryGetValue(name, out var description))
        {
            throw new VolumeException($"No device named '{name}' is attached; attach it first.");
        }

        if (VolumeRules.FaultOf(name, description, options.AllowUnfenced) is { } fault)
        {
            throw new VolumeException(fault);
        }

        var found = await LegStore.ReadSuperblockAsync(client, name, description.Capacity);
        if (!options.Force && found.Copies.Any(copy => copy.State is CopyState.Valid or CopyState.Newer))
        {
            var known = found.Copies.FirstOrDefault(copy => copy.Superblock is not null)?.Superblock;
            throw new VolumeException(
                $"'{name}' belongs to the volume '{known?.Name}' already; use Force to replace it.");
        }

        if (!options.Force && await SignatureOfAsync(name, description.Capacity) is { } signature)
        {
            throw new VolumeException($"'{name}' holds {signature}; use Force to replace it.");
        }
    }

    private (LegGeometry Geometry, ByteSize Size) Layout(Dictionary<string, DeviceDescription> attached)
    {
        var smallest = options.Legs.MinBy(leg => attached[leg].Capacity)!;
        var capacity = attached[smallest].Capacity;
        try
        {
            var geometry = LegGeometry.For(MetadataPlacement.Internal, options.Size ?? capacity);
            var room = geometry.SizeOn(capacity);
            return options.Size is { } size && size > room
                ? throw new VolumeException(
                    $"A volume of {size} does not fit: leg '{smallest}' of {capacity} has room for {room}.")
                : (geometry, options.Size ?? room);
        }
        catch (ArgumentException fault)
        {
            // The message ends with the name of a parameter of another method.
            var end = fault.Message.LastIndexOf(" (Parameter", StringComparison.Ordinal);
            throw new VolumeException(
                $"Leg '{smallest}' cannot be used: {(end < 0 ? fault.Message : fault.Message[..end])}");
        }
    }

    /// <summary>Legs that are known to read as zero throughout are equal; otherwise the first leg is the
    /// source.</summary>
    private async Task<VolumeRecord> FirstRecordAsync(ByteSize size)
    {
        var rule = options.Legs.Count == 2 && options.Witnesses.Count == 0 ? QuorumRule.InSync : QuorumRule.Majority;
        var inSync = MemberSet.FirstMembers(options.Legs.Count);
        foreach (var leg in options.Legs)
        {
            if (!await ReadsAsZeroAsync(leg))
            {
                inSync = MemberSet.Of(0);
                break;
            }
        }

        return new VolumeRecord
        {
            Version = new RecordVersion(new Epoch(1, Guid.NewGuid()), 1),
            Configuration = VolumeConfiguration.Of(
                rule,
                [.. options.Legs.Select(_ => Guid.NewGuid())],
                [.. options.Witnesses.Select(_ => Guid.NewGuid())]),
            Size = size,
            InSync = inSync,
            IsClean = true,
            Lineage = Guid.NewGuid(),
        };
    }

    private async Task<bool> ReadsAsZeroAsync(string leg)
    {
        var capacity = (await service.GetDevicesAsync()).First(device => device.Name == leg).Description.Capacity;
        for (var at = 0L; at < capacity.Sectors.Value;)
        {
            var extents = await service.GetExtentsAsync(leg, at, capacity.Sectors.Value - at);
            if (extents.Any(extent => extent.Kind == ExtentKind.Data))
            {
                return false;
            }

            at += extents.Sum(extent => extent.Count.Value);
        }

        return true;
    }

    /// <summary>What a known signature says that the device holds; null: no signature is known.</summary>
    private async Task<string?> SignatureOfAsync(string name, ByteSize capacity)
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
