using DmIo.Io;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>The growth of an open volume, for its caller.</summary>
internal sealed class VolumeGrowth(VolumeDevice device, VolumeOpening opening)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Grows the volume.</summary>
    /// <param name="wanted">The new size; null: what fits on the smallest leg.</param>
    /// <param name="progress">Told how much of the new area is zeroed.</param>
    /// <param name="cancellation">Gives the growth up; one whose record is proposed may still take effect.</param>
    /// <returns>The size of the volume.</returns>
    /// <exception cref="VolumeException">The size is invalid, a leg has no room or is not known to have it, or the
    /// volume does not allow it now.</exception>
    internal async Task<ByteSize> RunAsync(
        ByteSize? wanted, IProgress<ByteSize>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var (writer, before, size) = await device.AskAsync(volume => Begin(volume, wanted));
        while (size > before)
        {
            var isCanceled = cancellation.IsCancellationRequested || device.Closed.IsCompleted;
            var (isEnded, zeroed) = await device.AskAsync(volume => Look(volume, writer, size, isCanceled));
            progress?.Report(ByteSize.FromBytes(Math.Max(0, zeroed.Bytes - before.Bytes)));
            if (isEnded)
            {
                // The supervisor knew of the growth before this question: the list of devices has the new size.
                _ = await opening.Service.GetDevicesAsync(CancellationToken.None);
                break;
            }

            if (isCanceled && await device.AskAsync(
                volume => volume.Writer.Growth.Phase is GrowthPhase.None or GrowthPhase.Proposing))
            {
                cancellation.ThrowIfCancellationRequested();
                throw Interrupted();
            }

            await Task.Delay(PollInterval, opening.Clock, CancellationToken.None);
        }

        return size;
    }

    private (VolumeWriter Writer, ByteSize Before, ByteSize Size) Begin(VolumeDevice volume, ByteSize? wanted)
    {
        opening.ConfirmRoom(volume);
        var writer = volume.Writer;
        var before = writer.State.Chosen.Size;
        var size = wanted ?? SmallestRoom(volume);
        if (size < before || !size.IsWholeSectors)
        {
            throw new VolumeException(
                $"The volume '{opening.Name}' of {before.Bytes} bytes cannot get a size of {size.Bytes} bytes. "
                + $"A volume does not shrink; give a larger multiple of {Sector.SizeBytes} bytes.");
        }

        if (size == before)
        {
            return (writer, before, size);
        }

        foreach (var member in writer.State.Chosen.Configuration.Legs)
        {
            if (RoomOf(volume, member) < size)
            {
                throw new VolumeException(
                    $"The volume '{opening.Name}' cannot grow to {size}: {FaultOf(volume, member)}");
            }
        }

        (volume.ZeroFailure, var isFrozen) = (IoStatus.Ok, volume.Freeze is not null);
        return !isFrozen && writer.Grow(size, volume.Now)
            ? (writer, before, size)
            : throw new VolumeException(
                $"The volume '{opening.Name}' cannot grow now: it does not serve, is frozen or grows already, or its "
                + "members are being changed.");
    }

    private (bool IsEnded, ByteSize Zeroed) Look(
        VolumeDevice volume, VolumeWriter writer, ByteSize size, bool isCanceled)
    {
        if (volume.Writer.State is { HasRecord: true, IsActive: true, IsFenced: false } state
            && state.Chosen.Size >= size)
        {
            return (true, state.Chosen.Size);
        }

        if (volume.Writer != writer || writer.State.IsFenced || volume.Closed.IsCompleted)
        {
            throw Interrupted();
        }

        if (writer.Growth is { IsIdle: true, HasFailed: true })
        {
            throw new VolumeException(
                $"The volume '{opening.Name}' keeps its size: a leg cannot zero the new area. {volume.ZeroFailure}");
        }

        if (isCanceled)
        {
            writer.AbandonGrowth(volume.Now);
        }

        return (false, writer.Growth.Zeroed);
    }

    /// <summary>What fits on the smallest leg, and not less than the volume has.</summary>
    private ByteSize SmallestRoom(VolumeDevice volume)
    {
        var chosen = volume.Writer.State.Chosen;
        var smallest = chosen.Configuration.Legs.First;
        foreach (var member in chosen.Configuration.Legs)
        {
            smallest = RoomOf(volume, member) < RoomOf(volume, smallest) ? member : smallest;
        }

        return RoomOf(volume, smallest) is var room && room > chosen.Size
            ? room
            : throw new VolumeException(
                $"The volume '{opening.Name}' of {chosen.Size} cannot grow: {FaultOf(volume, smallest)}");
    }

    /// <summary>A leg that has not said more has room for the present size.</summary>
    private static ByteSize RoomOf(VolumeDevice volume, int member) =>
        volume.Writer.State.Legs[member].Room ?? volume.Writer.State.Chosen.Size;

    /// <summary>Why a leg has no room for more, and what to do.</summary>
    private static string FaultOf(VolumeDevice volume, int member)
    {
        if (!volume.Has(member) || volume.Writer.State.Legs[member].Room is not { } room)
        {
            return $"leg {member} was not found since the volume was opened, so that its room is not known. Attach its "
                + "device, or remove the leg.";
        }

        var (store, geometry) = (volume.LegOf(member).Store, volume.LegOf(member).Store.Superblock.Geometry);
        return room == geometry.MaximumSize
            ? $"leg {member} '{store.Device}' has maps for a volume of at most {room}, the maximum size that was "
                + "chosen when it became a leg. Replace it: a new leg gets maps for twice its capacity."
            : $"leg {member} '{store.Device}' has room for {room}. Enlarge the file or disk, and detach and attach the "
                + "device of the leg (or open the volume again).";
    }

    private VolumeException Interrupted() => new(
        $"The growth of the volume '{opening.Name}' was interrupted: the volume was closed or taken over. Repeat it if "
        + "the size has not changed.");
}
