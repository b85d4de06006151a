using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The creation of a volume: checks every leg before it writes the first one.</summary>
/// <param name="service">The service.</param>
/// <param name="client">A client of the service.</param>
/// <param name="options">The volume.</param>
/// <param name="isImport">The first leg keeps its data, which is that of the volume.</param>
internal sealed class VolumeCreation(
    DmIoService service, IoClient client, VolumeOptions options, bool isImport = false)
{
    internal async Task RunAsync()
    {
        var attached = await AttachedDevices.OfAsync(service);
        if (VolumeRules.FaultOfName(options.Name) is { } nameFault)
        {
            throw new VolumeException(nameFault);
        }

        var accepted = new MemberOptions(options.Force, options.AllowUnfenced);
        foreach (var (index, member) in options.Members.Index())
        {
            await NewMember.CheckAsync(client, member, attached, accepted, isSource: isImport && index == 0);
        }

        foreach (var name in options.Witnesses)
        {
            NewMember.RequireWitnessRoom(name, attached[name]);
        }

        var (maximum, size) = isImport ? LayoutOfImport(attached) : Layout(attached);
        foreach (var leg in options.Legs)
        {
            await NewMember.CheckMetadataAsync(client, leg, attached, GeometryOf(leg, maximum), options.Force);
        }

        await WriteAsync(attached, maximum, await FirstRecordAsync(attached, size));
    }

    private async Task WriteAsync(AttachedDevices attached, ByteSize maximum, VolumeRecord record)
    {
        var volume = Guid.NewGuid();
        var isFenced = options.Members.SelectMany(member => member.All).All(name => attached[name].IsExclusive);
        foreach (var slot in record.Configuration.Slots)
        {
            var devices = slot.IsWitness
                ? new LegDevices(options.Witnesses[slot.Member - VolumeConfiguration.MaxLegs])
                : options.Legs[slot.Member];
            await LegStore.CreateAsync(client, devices, attached[devices.MetadataDevice].Capacity, new Superblock
            {
                Volume = volume,
                Leg = slot.Id,
                Member = slot.Member,
                State = slot.IsWitness ? LegState.None
                    : record.InSync[slot.Member] ? LegState.InSync
                    : LegState.Blank,
                Promised = record.Version.Epoch,
                Accepted = record,
                Geometry = slot.IsWitness ? LegGeometry.Witness : GeometryOf(devices, maximum),
                Name = options.Name,
                Host = isFenced ? Guid.Empty : HostLock.HostId,
                DataInode = devices.Metadata is null ? 0 : VolumeRules.InodeOf(attached[devices.Data]),
            });
        }
    }

    private static LegGeometry GeometryOf(LegDevices leg, ByteSize maximum) =>
        LegGeometry.For(LegGeometry.PlacementOf(leg.Metadata is not null), maximum);

    private (ByteSize Maximum, ByteSize Size) Layout(AttachedDevices attached)
    {
        var smallest = options.Legs.MinBy(leg => attached[leg.Data].Capacity)!;
        var capacity = attached[smallest.Data].Capacity;
        try
        {
            var maximum = options.MaxSize
                ?? LegGeometry.Growable(MetadataPlacement.Internal, options.Size ?? capacity).MaximumSize;
            smallest = options.Legs.MinBy(leg => GeometryOf(leg, maximum).RoomOn(attached[leg.Data].Capacity))!;
            capacity = attached[smallest.Data].Capacity;
            var room = GeometryOf(smallest, maximum).SizeOn(capacity);
            return options.Size is { } size && size > room
                ? throw new VolumeException(
                    $"A volume of {size} does not fit: leg '{smallest.Data}' of {capacity} has room for {room}.")
                : (maximum, options.Size ?? room);
        }
        catch (ArgumentException fault)
        {
            throw Unusable(smallest, fault);
        }
    }

    /// <summary>The volume has the size of the first leg's data.</summary>
    private (ByteSize Maximum, ByteSize Size) LayoutOfImport(AttachedDevices attached)
    {
        var source = options.Legs[0];
        var size = attached[source.Data].Capacity;
        var coarsest = options.Legs.MaxBy(leg => attached[leg.Data].BlockSize)!;
        var block = attached[coarsest.Data].BlockSize;
        if (source.Metadata is null || options.Size is not null)
        {
            throw new VolumeException(source.Metadata is null
                ? $"The first leg '{source}' is imported with external metadata: '{source};metadata=META'."
                : $"An imported volume has the size of its first leg '{source.Data}', {size}; give no size.");
        }

        if (size.Bytes % block.Bytes != 0)
        {
            throw new VolumeException(
                $"The end of '{source.Data}' would be cut off: it has {size.Bytes} bytes, and the blocks of "
                + $"'{coarsest.Data}' have {block.Bytes}. Enlarge it to a multiple of {block.Bytes} bytes.");
        }

        try
        {
            var maximum = options.MaxSize ?? LegGeometry.Growable(MetadataPlacement.External, size).MaximumSize;
            foreach (var leg in options.Legs)
            {
                var (geometry, capacity) = (GeometryOf(leg, maximum), attached[leg.Data].Capacity);
                if (geometry.RoomOn(capacity) < size)
                {
                    throw new VolumeException(maximum < size
                        ? $"The maximum size {maximum} is smaller than '{source.Data}' of {size}."
                        : $"'{leg.Data}' of {capacity.Bytes} bytes is too small for the volume of {size.Bytes} bytes: "
                            + $"it needs {geometry.DataStart.Bytes + size.Bytes} bytes.");
                }
            }

            return (maximum, size);
        }
        catch (ArgumentException fault)
        {
            throw Unusable(source, fault);
        }
    }

    /// <summary>Removes the end of the message, which names a parameter of another method.</summary>
    private static VolumeException Unusable(LegDevices leg, ArgumentException fault)
    {
        var end = fault.Message.LastIndexOf(" (Parameter", StringComparison.Ordinal);
        return new VolumeException(
            $"Leg '{leg.Data}' cannot be used: {(end < 0 ? fault.Message : fault.Message[..end])}");
    }

    /// <summary>Legs that are known to read as zero throughout are equal; otherwise the first leg is the
    /// source.</summary>
    private async Task<VolumeRecord> FirstRecordAsync(AttachedDevices attached, ByteSize size)
    {
        var inSync = MemberSet.FirstMembers(options.Legs.Count);
        foreach (var leg in options.Legs)
        {
            if (!await ReadsAsZeroAsync(leg.Data, attached[leg.Data].Capacity))
            {
                inSync = MemberSet.Of(0);
                break;
            }
        }

        return new VolumeRecord
        {
            Version = new RecordVersion(new Epoch(1, Guid.NewGuid()), 1),
            Configuration = VolumeConfiguration.Of(
                QuorumRule.InSync,
                [.. options.Legs.Select(_ => Guid.NewGuid())],
                [.. options.Witnesses.Select(_ => Guid.NewGuid())]),
            Size = size,
            InSync = inSync,
            IsClean = true,
            Lineage = Guid.NewGuid(),
        };
    }

    private async Task<bool> ReadsAsZeroAsync(string leg, ByteSize capacity)
    {
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
}
