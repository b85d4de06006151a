using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// The metadata of one leg or witness, on a device of the service. Each method is used by one caller at a time; the
/// superblock by the voter, the maps by the writer. Every write of metadata uses FUA, so that a flush of the leg
/// concerns only its data, also if the metadata is external.
/// </summary>
internal sealed class LegStore
{
    private const int BlocksAtOnce = (1 << 20) / LegGeometry.BlockBytes;

    private readonly IoClient client;
    private readonly SuperblockCopies copies;
    private readonly LegPages pages;

    private LegStore(LegDevices devices, IoClient client, SuperblockCopies copies, Superblock superblock)
    {
        (Devices, this.client, this.copies, Superblock) = (devices, client, copies, superblock);
        pages = new LegPages(superblock.Geometry, superblock.Leg);
    }

    /// <summary>The devices in the service.</summary>
    internal LegDevices Devices { get; }

    /// <summary>The name of the device with the data.</summary>
    internal string Device => Devices.Data;

    /// <summary>The name of the device with the metadata.</summary>
    internal string MetadataDevice => Devices.MetadataDevice;

    /// <summary>The superblock that was written last.</summary>
    internal Superblock Superblock { get; private set; }

    /// <summary>Ends when no write of this object can take effect any more; fails if that is never known.</summary>
    internal Task Released { get; private set; } = Task.CompletedTask;

    /// <summary>Ends when no device accesses the memory of the last <see cref="ReadMapsAsync"/> any more.</summary>
    internal Task MapsReleased { get; private set; } = Task.CompletedTask;

    /// <summary>The leg or witness is a voter by a record. Another device may have taken its number.</summary>
    internal bool IsMemberOf(VolumeRecord record) =>
        record.Configuration.SlotOf(Superblock.Member)?.Id == Superblock.Leg;

    /// <summary>The first sector of the data.</summary>
    internal long DataStart => Superblock.Geometry.DataStart.Bytes / Sector.SizeBytes;

    /// <summary>Reads the superblock of a leg or witness.</summary>
    /// <param name="client">A client of the service.</param>
    /// <param name="devices">Its devices, which are attached.</param>
    /// <param name="attached">The attached devices.</param>
    /// <param name="acceptsOtherData">External metadata may belong to other data.</param>
    /// <exception cref="VolumeException">The device cannot be read, or holds no superblock that this program can
    /// use.</exception>
    internal static async Task<LegStore> OpenAsync(
        IoClient client,
        LegDevices devices,
        AttachedDevices attached,
        bool acceptsOtherData = false)
    {
        var reading = await ReadSuperblockAsync(client, devices, attached, acceptsOtherData);
        return Of(client, devices, reading) ?? throw new VolumeException(FaultOf(devices, reading));
    }

    /// <summary>The leg or witness that was read; null: it cannot be opened.</summary>
    internal static LegStore? Of(IoClient client, LegDevices devices, SuperblockReading reading) =>
        reading.Superblock is { } superblock
            ? new LegStore(devices, client, new SuperblockCopies(reading), superblock)
            : null;

    /// <summary>Why devices that were read are no leg or witness.</summary>
    internal static string FaultOf(LegDevices devices, SuperblockReading reading) =>
        $"'{devices}' is not a leg or witness of a volume: {reading.Fault}"
        + (reading.IsBlank && devices.Metadata is null
            ? $" If its metadata is external, name it: '{devices};metadata=META'."
            : "");

    /// <summary>Writes a new superblock and, for a leg, empty maps; what the device of the metadata held is
    /// lost.</summary>
    internal static async Task<LegStore> CreateAsync(
        IoClient client, LegDevices devices, ByteSize capacity, Superblock superblock)
    {
        var found = await ReadCopiesAsync(client, devices.MetadataDevice, capacity);
        var store = new LegStore(devices, client, SuperblockCopies.Create(found), superblock);
        await store.WriteEmptyMapsAsync();
        if (!await store.WriteSuperblockAsync(superblock))
        {
            throw new VolumeException($"The superblock of '{devices}' cannot be written.") { IsPartial = true };
        }

        return store;
    }

    /// <summary>Replaces the copies of a superblock by zeroes, the first copy last: it tells where the others
    /// are.</summary>
    /// <exception cref="VolumeException">A copy cannot be written.</exception>
    internal static async Task EraseAsync(IoClient client, string device, LegGeometry geometry)
    {
        var zeroes = new byte[LegGeometry.BlockBytes];
        for (var copy = LegGeometry.Copies - 1; copy >= 0; copy--)
        {
            if (!(await WriteAsync(client, device, geometry.SuperblockAt(copy), zeroes)).IsOk)
            {
                throw new VolumeException($"Superblock {copy} of '{device}' cannot be erased.") { IsPartial = true };
            }
        }
    }

    /// <summary>Reads the superblock of a leg or witness, which must belong to its devices.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    internal static async Task<SuperblockReading> ReadSuperblockAsync(
        IoClient client,
        LegDevices devices,
        AttachedDevices attached,
        bool acceptsOtherData = false)
    {
        var found = await ReadCopiesAsync(client, devices.MetadataDevice, attached[devices.MetadataDevice].Capacity);
        return found.RequireDevices(devices, acceptsOtherData ? null : attached[devices.Data]);
    }

    /// <summary>Reads the four copies of the superblock of a device with metadata.</summary>
    internal static async Task<SuperblockReading> ReadCopiesAsync(IoClient client, string device, ByteSize capacity)
    {
        var blocks = new byte[]?[LegGeometry.Copies];
        blocks[0] = await TryReadAsync(client, device, 0);
        blocks[1] = await TryReadAsync(client, device, LegGeometry.BlockBytes / Sector.SizeBytes);
        SuperblockReading? last = null;
        foreach (var later in LaterCopies(blocks, capacity))
        {
            blocks[2] = await TryReadAsync(client, device, later.Value);
            blocks[3] = await TryReadAsync(client, device, later.Value + (LegGeometry.BlockBytes / Sector.SizeBytes));
            last = SuperblockCopies.Read(blocks);
            if (last.Outcome != SuperblockOutcome.Damaged)
            {
                return last;
            }
        }

        return last ?? SuperblockCopies.Read(blocks);
    }

    /// <summary>Writes the superblock; true: it is durable.</summary>
    internal async Task<bool> WriteSuperblockAsync(Superblock superblock)
    {
        var update = copies.Begin(superblock);
        while (update.Next is { } copy)
        {
            var block = new byte[LegGeometry.BlockBytes];
            update.Encode(block);
            update.Complete(await TryWriteAsync(superblock.Geometry.SuperblockAt(copy), block));
        }

        if (!copies.End(update) || !Released.IsCompletedSuccessfully)
        {
            // A copy that is written later would replace a newer one.
            return false;
        }

        Superblock = superblock;
        return true;
    }

    /// <summary>Reads the maps, also those of a blank leg: pages that are written later must win over those that it
    /// was created with.</summary>
    /// <returns>The maps; null: the leg is blank, so that they say nothing.</returns>
    /// <exception cref="VolumeException">A page cannot be read.</exception>
    internal async Task<LegMaps?> ReadMapsAsync()
    {
        var reader = new MapReader(client, MetadataDevice, Superblock.Geometry, skipsUnreadable: false);
        var extents = new RegionSet();
        try
        {
            await reader.LoadAsync(pages.Active, extents);
            for (byte member = 0; member < VolumeConfiguration.MaxLegs; member++)
            {
                await reader.LoadAsync(pages.MissedOf(member), pages.BeginMissed(member));
            }
        }
        finally
        {
            MapsReleased = reader.Released;
        }

        return Superblock.State == LegState.Blank ? null : new LegMaps(extents, pages.CopyMissed());
    }

    /// <inheritdoc cref="LegPages.EncodeActive"/>
    internal List<MapWrite> EncodeActive(RegionSet extents, RegionSet bits) => pages.EncodeActive(extents, bits);

    /// <inheritdoc cref="LegPages.EncodeMissed"/>
    internal void EncodeMissed(byte member, RegionSet regions, List<MapWrite> writes) =>
        pages.EncodeMissed(member, regions, writes);

    /// <inheritdoc cref="LegPages.Written"/>
    internal void Written(MapWrite write) => pages.Written(write);

    /// <summary>Writes the missed map of a member durably. The maps were read before.</summary>
    /// <exception cref="VolumeException">A page cannot be written.</exception>
    internal async Task WriteMissedAsync(byte member, RegionSet regions)
    {
        var writes = new List<MapWrite>();
        EncodeMissed(member, regions, writes);
        foreach (var write in writes)
        {
            await WriteAsync(write.Start, write.Block);
        }
    }

    /// <summary>Where superblock 2 may be: the first two tell, unless both are damaged. A device without a trace of a
    /// superblock is blank, or its start was erased: only the usual places are tried.</summary>
    private static IEnumerable<Sector> LaterCopies(byte[]?[] blocks, ByteSize capacity)
    {
        var first = SuperblockCopies.Read([blocks[0], blocks[1], null, null]).Copies[..2];
        var known = first.Select(copy => copy.Superblock?.Geometry).FirstOrDefault(found => found is not null);
        return known is { } geometry ? [geometry.SuperblockAt(2)]
            : first.All(copy => copy.State == CopyState.NoMagic) ? LegGeometry.UsualLaterCopies(capacity)
            : LegGeometry.LaterCopies(capacity);
    }

    /// <summary>Reads a block; null: it cannot be read.</summary>
    /// <exception cref="VolumeException">The device does not answer, and was given up.</exception>
    internal static async Task<byte[]?> TryReadAsync(IoClient client, string device, long sector)
    {
        var block = new byte[LegGeometry.BlockBytes];
        var result = await client.ReadAsync(
            new IoRegion(device, sector, LegGeometry.BlockBytes / Sector.SizeBytes), block);
        return result[0].Code == IoStatusCode.TimedOut
            ? throw new VolumeException($"'{device}' does not answer.")
            : result.IsOk ? block : null;
    }

    private async Task WriteEmptyMapsAsync()
    {
        foreach (var writes in pages.EncodeEmpty().Chunk(BlocksAtOnce))
        {
            // The pages follow each other.
            await WriteAsync(writes[0].Start, writes.SelectMany(write => write.Block).ToArray());
        }
    }

    private async Task WriteAsync(Sector start, IoMemory block)
    {
        if (!await TryWriteAsync(start, block))
        {
            throw new VolumeException($"The maps of '{MetadataDevice}' cannot be written at sector {start}.")
            {
                IsPartial = true,
            };
        }
    }

    private async Task<bool> TryWriteAsync(Sector start, IoMemory block)
    {
        var result = await WriteAsync(client, MetadataDevice, start, block);
        if (result.BufferHeld)
        {
            Released = Task.WhenAll(Released, EndOfAsync(result));
        }

        return result.IsOk;
    }

    private static async Task EndOfAsync(IoResult result)
    {
        await result.Released.ConfigureAwait(false);
        if (!result.InDoubt.IsEmpty)
        {
            throw new IOException("It is unknown whether the server will execute the write.");
        }
    }

    private static Task<IoResult> WriteAsync(IoClient client, string device, Sector start, IoMemory block) =>
        client.WriteAsync(
            new IoRegion(device, start, block.LengthBytes / Sector.SizeBytes),
            block,
            new RequestOptions { ForceUnitAccess = true });
}
