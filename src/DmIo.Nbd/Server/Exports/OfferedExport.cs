using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Exports;

/// <summary>What the handshake tells of an export: size, abilities, block sizes. Worked out once, from what its devices
/// are. Immutable.</summary>
internal sealed record OfferedExport(
    string Name, string Description, bool IsDefault, ByteSize Size, TransmissionFlags Flags, BlockSizes Blocks)
{
    /// <summary>The longest read or write, in bytes: as nbdkit and nbd-server serve. It is served in pieces, and needs
    /// no more memory than a short one.</summary>
    internal const uint MostPayloadBytes = 64 << 20;

    /// <summary>The devices keep the bytes beside those that are written.</summary>
    private const int SmallestBytes = 1;

    private const int PreferredBytes = 4096;

    private const TransmissionFlags ReadOnlyFlags = CommonFlags | TransmissionFlags.ReadOnly;

    // One service stands before the devices, so that a flush covers what was answered on any connection.
    private const TransmissionFlags CommonFlags = TransmissionFlags.HasFlags
        | TransmissionFlags.Flush
        | TransmissionFlags.ForceUnitAccess
        | TransmissionFlags.MultiConnection
        | TransmissionFlags.Cache;

    /// <summary>What the devices read and write: what begins or ends elsewhere is more than the client's own.</summary>
    internal required int DeviceBlockBytes { get; init; }

    /// <summary>It is one of several copies.</summary>
    internal required bool IsMirrored { get; init; }

    internal bool IsReadOnly => Flags.HasFlag(TransmissionFlags.ReadOnly);

    /// <summary>What a client is told: DF has a meaning with structured replies only.</summary>
    internal ExportInfo InfoFor(bool hasStructuredReplies) => new(
        (ulong)Size.Bytes, hasStructuredReplies ? Flags | TransmissionFlags.DoNotFragment : Flags);

    /// <summary>Of one device or several: what all of them can.</summary>
    internal static OfferedExport Of(NbdExport export, IReadOnlyList<DeviceDescription> devices)
    {
        var isReadOnly = export.IsReadOnly || devices.Any(device => device.IsReadOnly);
        var block = (uint)devices.Max(device => device.BlockSize.Bytes);
        var size = devices.Min(device => device.Capacity.Bytes);
        return new OfferedExport(
            export.Name,
            export.Description,
            export.IsDefault || export.Name.Length == 0,
            ByteSize.FromBytes(size - (size % block)),
            isReadOnly ? ReadOnlyFlags : WritableFlags(devices),
            new BlockSizes(SmallestBytes, Math.Max(block, PreferredBytes), MostPayloadBytes))
        {
            DeviceBlockBytes = (int)block,
            IsMirrored = devices.Count > 1,
        };
    }

    private static TransmissionFlags WritableFlags(IReadOnlyList<DeviceDescription> devices) =>
        CommonFlags | TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero
        | (devices.All(device => device.MaxDiscard.Bytes > 0) ? TransmissionFlags.Trim : TransmissionFlags.None);
}
