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
        var attached = await AttachedDevices.OfAsync(service);
        if (VolumeRules.FaultOfName(options.Name) is { } nameFault)
        {
            throw new VolumeException(nameFault);
        }

        foreach (var name in options.Legs.Concat(options.Witnesses))
        {
            await NewMember.CheckAsync(client, name, attached, options.Force, options.AllowUnfenced);
        }

        foreach (var name in options.Witnesses)
        {
            NewMember.RequireWitnessRoom(name, attached[name]);
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

    private (LegGeometry Geometry, ByteSize Size) Layout(AttachedDevices attached)
    {
        var smallest = options.Legs.MinBy(leg => attached[leg].Capacity)!;
        var capacity = attached[smallest].Capacity;
        try
        {
            var geometry = options.MaxSize is { } maximum
                ? LegGeometry.For(MetadataPlacement.Internal, maximum)
                : LegGeometry.Growable(MetadataPlacement.Internal, options.Size ?? capacity);
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
                QuorumRule.InSync,
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
}
