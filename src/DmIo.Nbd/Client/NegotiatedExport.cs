using System.Globalization;
using System.Numerics;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>The result of the handshake: the export and its protocol options. Immutable.</summary>
internal sealed record NegotiatedExport
{
    internal required long SizeBytes { get; init; }

    /// <summary>The capabilities that the server advertises; no others may be used.</summary>
    internal required TransmissionFlags Flags { get; init; }

    /// <summary>Null: the server did not send block sizes.</summary>
    internal BlockSizes? Sizes { get; init; }

    internal bool HasStructuredReplies { get; init; }

    /// <summary>The id of base:allocation; null: it was not negotiated.</summary>
    internal uint? AllocationContext { get; init; }

    internal bool Has(TransmissionFlags flag) => (Flags & flag) == flag;
}

/// <summary>Derives the description of a device from the negotiated export, and compares the export after a reconnect.
/// Only advertised features are used: some servers close the connection otherwise.</summary>
internal static class ExportGeometry
{
    private const uint MaxMinimumBlock = 64 * 1024;

    /// <summary>Other clients use the same maximum, so servers support it.</summary>
    private static readonly ByteSize MaxDiscardSize = ByteSize.FromGiB(1);

    private static readonly ByteSize MaxZeroingSize = ByteSize.FromMiB(32);

    /// <summary>The flags that the capabilities of the device depend on.</summary>
    private const TransmissionFlags Used = TransmissionFlags.Flush | TransmissionFlags.ForceUnitAccess
        | TransmissionFlags.Trim | TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero
        | TransmissionFlags.MultiConnection;

    /// <summary>Why the export cannot be a device, as a sentence; null: it can.</summary>
    internal static string? FaultOf(NegotiatedExport export)
    {
        if (export.Sizes is { } sizes
            && (!BitOperations.IsPow2(sizes.Minimum) || sizes.Minimum > MaxMinimumBlock
                || sizes.MaximumPayload < Math.Max(sizes.Minimum, Sector.SizeBytes)))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The server's block sizes are invalid: minimum {sizes.Minimum}, "
                + $"maximum {sizes.MaximumPayload} bytes.");
        }

        return export.SizeBytes < BlockBytes(export)
            ? $"The export has {export.SizeBytes} bytes, less than a block of {BlockBytes(export)}."
            : null;
    }

    internal static DeviceDescription Describe(NegotiatedExport export, bool isReadOnly)
    {
        var block = BlockBytes(export);
        var canWrite = !isReadOnly && !export.Has(TransmissionFlags.ReadOnly);
        var maxPayload = MaxPayload(export);
        return new DeviceDescription
        {
            Backend = "nbd",
            Capacity = ByteSize.FromBytes(export.SizeBytes / block * block),
            TailBytes = (int)(export.SizeBytes % block),
            IsReadOnly = !canWrite,
            BlockSize = ByteSize.FromBytes(block),
            MaxTransfer = ByteSize.FromBytes(maxPayload / block * block),
            MaxDiscard = canWrite && export.Has(TransmissionFlags.Trim) ? MaxDiscardSize : default,
            MaxWriteZeroes = canWrite && export.Has(TransmissionFlags.WriteZeroes) ? MaxZeroingSize : default,
            HasFastWriteZeroes = canWrite && export.Has(TransmissionFlags.WriteZeroes | TransmissionFlags.FastZero),
            HasForceUnitAccess = canWrite && export.Has(TransmissionFlags.ForceUnitAccess),
            HasVolatileCache = canWrite && export.Has(TransmissionFlags.Flush),
        };
    }

    /// <summary>Why the export cannot replace the previous one after a reconnect, as a sentence: the device would not
    /// match its description. Null: it can. An export that has grown can: the device keeps its capacity.</summary>
    internal static string? Difference(NegotiatedExport before, NegotiatedExport now)
    {
        var lost = before.Flags & ~now.Flags & Used;
        return now.SizeBytes < before.SizeBytes
            ? $"The export had {before.SizeBytes} bytes and now has {now.SizeBytes}."
            : before.Has(TransmissionFlags.ReadOnly) != now.Has(TransmissionFlags.ReadOnly)
            ? $"The export {(now.Has(TransmissionFlags.ReadOnly) ? "became" : "is no longer")} read-only."
            : lost != TransmissionFlags.None
            ? $"The export no longer supports {lost}."
            : before.AllocationContext is not null && now.AllocationContext is null
            ? "The export no longer supports block status."
            : FaultOf(now) ?? (BlockBytes(now) > BlockBytes(before) || MaxPayload(now) < MaxPayload(before)
                ? $"The export had blocks of {BlockBytes(before)} bytes and a maximum payload of "
                    + $"{MaxPayload(before)}, and now has {BlockBytes(now)} and {MaxPayload(now)}."
                : null);
    }

    private static int BlockBytes(NegotiatedExport export) =>
        Math.Max(Sector.SizeBytes, (int)(export.Sizes?.Minimum ?? Sector.SizeBytes));

    private static uint MaxPayload(NegotiatedExport export) =>
        Math.Min(export.Sizes?.MaximumPayload ?? uint.MaxValue, NbdMagic.DefaultMaxPayload);
}
