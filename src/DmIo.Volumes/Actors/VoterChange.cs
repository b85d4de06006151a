using Akka.Actor;
using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Adds legs and witnesses to an open volume, and removes them.</summary>
internal sealed class VoterChange(VolumeDevice device, VolumeOpening opening)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Adds devices as a leg or witness. A leg is synchronized afterwards.</summary>
    /// <returns>The number of the member.</returns>
    /// <exception cref="VolumeException">The devices or the volume do not allow it, or a device does not
    /// answer.</exception>
    /// <exception cref="IoFailedException">A device fails, or does not answer.</exception>
    internal async Task<int> AddAsync(
        LegDevices devices, bool isWitness, MemberOptions options, CancellationToken cancellation)
    {
        var attached = await AttachedDevices.OfAsync(opening.Service, cancellation);
        attached.Require(devices, options.AllowUnfenced);
        var (store, isNew) = await opening.Watch.RunAsync(
            devices, PrepareAsync(devices, isWitness, attached, options));
        opening.Add(devices);
        device.Owner.Tell(new Added(store), ActorRefs.NoSender);
        var (leg, member) = (store.Superblock.Leg, store.Superblock.Member);
        bool Add(VolumeDevice volume) => volume.Writer.AddVoter(leg, member, isWitness, volume.Now);
        if (isNew && !await device.AskAsync(Add))
        {
            await ForgetAsync(member, store);
            throw Refusal($"'{devices}' cannot be added now:");
        }

        await UntilAsync(
            chosen => chosen.Configuration.SlotOf(member)?.Id == leg && !chosen.Configuration.IsJoint,
            cancellation,
            Add);
        return member;
    }

    /// <summary>Makes devices a leg or witness, unless they are one already.</summary>
    private async Task<(LegStore Store, bool IsNew)> PrepareAsync(
        LegDevices devices, bool isWitness, AttachedDevices attached, MemberOptions options)
    {
        if (await MemberOnAsync(devices, attached) is { } known)
        {
            return (known, false);
        }

        await NewMember.CheckAsync(opening.Client, devices, attached, options);
        return (await CreateAsync(devices, isWitness, attached, options), true);
    }

    /// <summary>The leg or witness on devices that became a member by an earlier change, which was interrupted, and
    /// that the opening did not name; null: there is none. A new superblock on the devices would leave that member
    /// without a device.</summary>
    /// <exception cref="VolumeException">Its server may execute old writes.</exception>
    private async Task<LegStore?> MemberOnAsync(LegDevices devices, AttachedDevices attached)
    {
        var reading = await LegStore.ReadSuperblockAsync(opening.Client, devices, attached);
        if (opening.Members.Contains(devices) || LegStore.Of(opening.Client, devices, reading) is not { } store
            || !store.IsMemberOf(device.Record))
        {
            return null;
        }

        return VolumeRules.FaultOfDrain(devices, attached, store.Superblock) is { } undrained
            && !opening.AreServersDrained
            ? throw new VolumeException(undrained)
            : store;
    }

    private async Task<LegStore> CreateAsync(
        LegDevices devices, bool isWitness, AttachedDevices attached, MemberOptions options)
    {
        var sample = opening.Stores.First(store => store.Superblock.State != LegState.None).Superblock;
        if (isWitness)
        {
            NewMember.RequireWitnessRoom(devices.Data, attached[devices.Data]);
        }

        var record = device.Record;
        var geometry = isWitness ? LegGeometry.Witness : GeometryOn(devices, attached, record.Size);
        await NewMember.CheckMetadataAsync(opening.Client, devices, attached, geometry, options.Force);
        var found = await device.AskAsync(FoundOn);
        var superblock = sample with
        {
            Leg = Guid.NewGuid(),
            Member = (byte)FreeMember(record, found, isWitness),
            State = isWitness ? LegState.None : LegState.Blank,
            Promised = record.Version.Epoch,
            Accepted = record,
            Geometry = geometry,
            Generation = 0,
            LastInSync = default,
            CorrectedReads = 0,
            DataInode = devices.Metadata is null ? 0 : VolumeRules.InodeOf(attached[devices.Data]),
            Continuity = default,
        };
        return await LegStore.CreateAsync(
            opening.Client, devices, attached[devices.MetadataDevice].Capacity, superblock);
    }

    /// <summary>Removes a leg or witness, which need not be reachable.</summary>
    /// <returns>Its devices; null: it was not found.</returns>
    /// <exception cref="VolumeException">It is no member, or the last leg in sync.</exception>
    internal async Task<LegDevices?> RemoveAsync(int member, CancellationToken cancellation)
    {
        if (!device.Record.Configuration.Voters[member])
        {
            throw new VolumeException(
                $"Member {member} is no leg or witness of '{opening.Name}'; its members are "
                + $"{device.Record.Configuration.Voters}.");
        }

        var store = await device.AskAsync(volume => volume.Has(member) ? volume.LegOf(member).Store : null);
        bool Remove(VolumeDevice volume) => volume.Writer.RemoveVoter(member, volume.Now);
        if (!await device.AskAsync(Remove))
        {
            throw Refusal($"Member {member} cannot be removed now: it is the last leg in sync, or");
        }

        await UntilAsync(chosen => !chosen.Configuration.Voters[member], cancellation, Remove);
        while (await device.AskAsync(volume => volume.Has(member) && volume.LegOf(member).IsBusy))
        {
            // A leg that hangs is given up.
            await Task.Delay(PollInterval, opening.Clock, cancellation);
        }

        await ForgetAsync(member, store);
        return store?.Devices;
    }

    /// <summary>Waits until a leg is in sync.</summary>
    internal Task UntilInSyncAsync(int member, CancellationToken cancellation) =>
        UntilAsync(chosen => chosen.InSync[member], cancellation);

    /// <summary>Waits until every leg that was found is in sync.</summary>
    internal async Task UntilInSyncAsync(CancellationToken cancellation)
    {
        while ((await device.AskAsync(volume => VolumeReport.Of(volume, opening)).WaitAsync(cancellation)).Legs.Any(
            leg => leg.Device.Length > 0 && leg.State is not (LegState.InSync or LegState.Slow or LegState.Forked)))
        {
            await Task.Delay(PollInterval, opening.Clock, cancellation);
        }
    }

    /// <summary>The member on a device.</summary>
    /// <exception cref="VolumeException">The device is no leg or witness of the volume that was found.</exception>
    internal async Task<int> MemberOfAsync(string name) =>
        await device.AskAsync(volume => volume.MemberOn(name)) is { } member
            ? member
            : throw new VolumeException($"'{name}' is no leg or witness of '{opening.Name}' that was found.");

    /// <summary>The areas of a new leg: with the usual room to grow, if the volume fits then, otherwise as
    /// short as it needs.</summary>
    private static LegGeometry GeometryOn(LegDevices devices, AttachedDevices attached, ByteSize size)
    {
        var capacity = attached[devices.Data].Capacity;
        var placement = LegGeometry.PlacementOf(devices.Metadata is not null);
        var growable = LegGeometry.Growable(placement, size > capacity ? size : capacity);
        var fits = growable.RoomOn(capacity) >= size
            && growable.MetadataLength <= attached[devices.MetadataDevice].Capacity;
        var geometry = fits ? growable : LegGeometry.For(placement, size);
        return geometry.RoomOn(capacity) is var room && room < size
            ? throw new VolumeException(
                $"'{devices.Data}' of {capacity} has room for {room}, and the volume has {size}: it needs "
                + $"{geometry.DataStart.Bytes + size.Bytes} bytes.")
            : geometry;
    }

    private static MemberSet FoundOn(VolumeDevice volume)
    {
        var found = MemberSet.None;
        for (var member = 0; member < MemberSet.Capacity; member++)
        {
            found = volume.Has(member) ? found.With(member) : found;
        }

        return found;
    }

    /// <summary>A number that no member has, nor a device that was found and is no member any more.</summary>
    private static int FreeMember(VolumeRecord record, MemberSet found, bool isWitness)
    {
        var voters = record.Configuration.Voters;
        var (first, end) = isWitness
            ? (VolumeConfiguration.MaxLegs, MemberSet.Capacity)
            : (0, VolumeConfiguration.MaxLegs);
        for (var member = first; member < end && voters.Count < VolumeConfiguration.MaxVoters; member++)
        {
            if (!voters[member] && !found[member])
            {
                return member;
            }
        }

        throw new VolumeException(
            $"A volume has at most {VolumeConfiguration.MaxLegs} legs and {VolumeConfiguration.MaxVoters} voters; "
            + $"this one has {record.Configuration.Legs.Count} legs and {voters.Count} voters. Remove one first.");
    }

    private async Task ForgetAsync(int member, LegStore? store)
    {
        device.Owner.Tell(new Removed(member), ActorRefs.NoSender);
        if (store is null)
        {
            return;
        }

        opening.Remove(store.Devices);
        try
        {
            await opening.Watch.RunAsync(
                store.Devices,
                LegStore.EraseAsync(opening.Client, store.MetadataDevice, store.Superblock.Geometry));
        }
        catch (VolumeException)
        {
            // A device that is removed because it is broken. The records of the others do not name it.
        }
    }

    private VolumeException Refusal(string what) => new(
        $"{what} the volume '{opening.Name}' does not serve or grows, or other members are being changed.");

    /// <summary>Waits for a record. When the volume takes itself over, the new writer does not know of the change,
    /// unless its record was chosen: the change is requested again, and refused if it has begun or is done.</summary>
    private async Task UntilAsync(
        Func<VolumeRecord, bool> isDone, CancellationToken cancellation, Func<VolumeDevice, bool>? change = null)
    {
        VolumeWriter? asked = null;
        while (!isDone(device.Record))
        {
            if (change is not null)
            {
                asked = await device.AskAsync(volume => volume.Writer == asked
                    || (!isDone(volume.Writer.State.Chosen) && change(volume)) ? volume.Writer : asked);
            }

            if (device.Closed.IsCompleted)
            {
                throw new VolumeException($"The volume '{opening.Name}' was closed during the change.");
            }

            await Task.Delay(PollInterval, opening.Clock, cancellation);
        }
    }

    /// <summary>For the actor of the volume: a device is to become a member.</summary>
    internal sealed record Added(LegStore Store) : INoSerializationVerificationNeeded;

    /// <summary>For the actor of the volume: a member was removed.</summary>
    internal sealed record Removed(int Member) : INoSerializationVerificationNeeded;
}
