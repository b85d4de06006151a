using System.Globalization;
using System.Numerics;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>What a client and a server agreed on in the handshake: the export, and how to talk about it.
/// Immutable.</summary>
internal sealed record NegotiatedExport
{
    internal required long SizeBytes { get; init; }

    /// <summary>What the server offers; nothing else may be asked for.</summary>
    internal required TransmissionFlags Flags { get; init; }

    /// <summary>Null: the server said nothing of them.</summary>
    internal BlockSizes? Sizes { get; init; }

    internal bool HasStructuredReplies { get; init; }

    /// <summary>The server's number for base:allocation; null: it has none.</summary>
    internal uint? AllocationContext { get; init; }

    internal bool Has(TransmissionFlags flag) => (Flags & flag) == flag;
}

/// <summary>
/// From what a server offers to what a device is, and whether a server that came back still offers it. Only what is
/// advertised is used: there are servers that abort on more.
/// </summary>
internal static class ExportGeometry
{
    private const uint LargestMinimum = 64 * 1024;

    /// <summary>What others ask for at a time as well, and servers are used to.</summary>
    private static readonly ByteSize LongestDiscard = ByteSize.FromGiB(1);

    private static readonly ByteSize LongestZeroing = ByteSize.FromMiB(32);

    /// <summary>What a device's abilities rest on.</summary>
    private const TransmissionFlags Used = TransmissionFlags.Flush | TransmissionFlags.ForceUnitAccess
        | TransmissionFlags.Trim | TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero
        | TransmissionFlags.MultiConnection;

    /// <summary>Why it can't be a device, as a sentence; null where it can.</summary>
    internal static string? FaultOf(NegotiatedExport export)
    {
        if (export.Sizes is { } sizes
            && (!BitOperations.IsPow2(sizes.Minimum) || sizes.Minimum > LargestMinimum
                || sizes.MaximumPayload < Math.Max(sizes.Minimum, Sector.SizeBytes)))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The server's block sizes make no sense: minimum {sizes.Minimum}, most {sizes.MaximumPayload} bytes.");
        }

        return export.SizeBytes < BlockBytes(export)
            ? $"The export has {export.SizeBytes} bytes, less than a block of {BlockBytes(export)}."
            : null;
    }

    internal static DeviceDescription Describe(NegotiatedExport export, bool isReadOnly)
    {
        var block = BlockBytes(export);
        var canWrite = !isReadOnly && !export.Has(TransmissionFlags.ReadOnly);
        var mostPayload = Math.Min(export.Sizes?.MaximumPayload ?? uint.MaxValue, NbdMagic.UsualMaxPayload);
        return new DeviceDescription
        {
            Backend = "nbd",
            Capacity = ByteSize.FromBytes(export.SizeBytes / block * block),
            TailBytes = (int)(export.SizeBytes % block),
            IsReadOnly = !canWrite,
            BlockSize = ByteSize.FromBytes(block),
            MaxTransfer = ByteSize.FromBytes(mostPayload / block * block),
            MaxDiscard = canWrite && export.Has(TransmissionFlags.Trim) ? LongestDiscard : default,
            MaxWriteZeroes = canWrite && export.Has(TransmissionFlags.WriteZeroes) ? LongestZeroing : default,
            HasFastWriteZeroes = canWrite && export.Has(TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero),
            HasForceUnitAccess = canWrite && export.Has(TransmissionFlags.ForceUnitAccess),
            HasVolatileCache = canWrite && export.Has(TransmissionFlags.Flush),
        };
    }

    /// <summary>Why a server that was connected to anew can't take the place of the old one, as a sentence: the device
    /// would not be what was promised. Null where it can.</summary>
    internal static string? Difference(NegotiatedExport before, NegotiatedExport now)
    {
        var lost = before.Flags & ~now.Flags & Used;
        return before.SizeBytes != now.SizeBytes
            ? $"The export had {before.SizeBytes} bytes and now has {now.SizeBytes}."
            : before.Has(TransmissionFlags.ReadOnly) != now.Has(TransmissionFlags.ReadOnly)
            ? $"The export {(now.Has(TransmissionFlags.ReadOnly) ? "became" : "is no longer")} read-only."
            : lost != TransmissionFlags.None
            ? $"The export no longer offers {lost}."
            : before.AllocationContext is not null && now.AllocationContext is null
            ? "The export no longer tells of its extents."
            : FaultOf(now) ?? (BlockBytes(now) > BlockBytes(before) || MostPayload(now) < MostPayload(before)
                ? $"The export's blocks were of {BlockBytes(before)} bytes, at most {MostPayload(before)} at a time, "
                    + $"and are of {BlockBytes(now)}, at most {MostPayload(now)}."
                : null);
    }

    private static int BlockBytes(NegotiatedExport export) =>
        Math.Max(Sector.SizeBytes, (int)(export.Sizes?.Minimum ?? Sector.SizeBytes));

    private static uint MostPayload(NegotiatedExport export) =>
        Math.Min(export.Sizes?.MaximumPayload ?? uint.MaxValue, NbdMagic.UsualMaxPayload);
}
