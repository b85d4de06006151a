using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Exports;

/// <summary>An export as requests see it: its properties, its device, and the memory of its lease.</summary>
internal sealed class Export(OfferedExport offer, string device, DmIoService service, IoClient client)
{
    /// <summary>What the next handshake offers; replaced by the server's actor when the device has grown.</summary>
    internal OfferedExport Offer { get; set; } = offer;

    internal string Device => device;

    internal DmIoService Service => service;

    internal IoClient Client => client;

    internal ExportMemory Memory { get; } = ExportMemory.Of(client.Lease.Pages);
}

/// <summary>The properties of an export that the handshake sends: size, transmission flags, block sizes. Computed from
/// the device. Immutable.</summary>
internal sealed record OfferedExport(
    string Name, string Description, bool IsDefault, ByteSize Size, TransmissionFlags Flags, BlockSizes Blocks)
{
    /// <summary>The longest read or write, in bytes: the same as nbdkit and nbd-server. A request of this length is
    /// processed in parts, and needs no more memory than a short one.</summary>
    internal const uint MaxPayloadBytes = 64 << 20;

    /// <summary>The id of the metadata context base:allocation, the same for all exports.</summary>
    internal const uint AllocationContext = 1;

    /// <summary>A write that is smaller than a block of the device keeps the other bytes of the block.</summary>
    private const int MinBlockBytes = 1;

    private const int PreferredBytes = 4096;

    private const TransmissionFlags ReadOnlyFlags = CommonFlags | TransmissionFlags.ReadOnly;

    // All connections use the same service, so a flush on one covers the writes that were answered on any.
    private const TransmissionFlags CommonFlags = TransmissionFlags.HasFlags
        | TransmissionFlags.Flush
        | TransmissionFlags.ForceUnitAccess
        | TransmissionFlags.MultiConnection
        | TransmissionFlags.Cache;

    /// <summary>The block size of the device, in bytes; the service reads and writes multiples of it.</summary>
    internal required int DeviceBlockBytes { get; init; }

    internal bool IsReadOnly => Flags.HasFlag(TransmissionFlags.ReadOnly);

    /// <summary>The flag DF is defined for structured replies only.</summary>
    internal ExportInfo InfoFor(bool hasStructuredReplies) => new(
        (ulong)Size.Bytes, hasStructuredReplies ? Flags | TransmissionFlags.DoNotFragment : Flags);

    /// <summary>The export of a device.</summary>
    internal static OfferedExport Of(
        string name, string description, bool isDefault, bool isReadOnly, DeviceDescription device)
    {
        var block = (uint)device.BlockSize.Bytes;
        return new OfferedExport(
            name,
            description,
            isDefault || name.Length == 0,
            SizeOf(device),
            isReadOnly || device.IsReadOnly ? ReadOnlyFlags : WritableFlags(device),
            new BlockSizes(MinBlockBytes, Math.Max(block, PreferredBytes), MaxPayloadBytes))
        {
            DeviceBlockBytes = (int)block,
        };
    }

    /// <summary>The export of the device after it has grown.</summary>
    internal OfferedExport Grown(DeviceDescription device) => this with { Size = SizeOf(device) };

    private static ByteSize SizeOf(DeviceDescription device) =>
        ByteSize.FromBytes(device.Capacity.Bytes / device.BlockSize.Bytes * device.BlockSize.Bytes);

    private static TransmissionFlags WritableFlags(DeviceDescription device) =>
        CommonFlags
        | (device.MaxWriteZeroes >= device.BlockSize
            ? TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero
            : TransmissionFlags.None)
        | (device.MaxDiscard.Bytes > 0 ? TransmissionFlags.Trim : TransmissionFlags.None);
}
