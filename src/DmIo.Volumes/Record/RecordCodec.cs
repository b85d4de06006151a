using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using DmIo.Io;

namespace DmIo.Volumes.Record;

/// <summary>
/// The 512 bytes of a <see cref="VolumeRecord"/>, on disk and between nodes. The README of this project has the table
/// of the fields.
/// <list type="bullet">
/// <item>The encoding is canonical: two records are equal if, and only if, their bytes are.</item>
/// <item>512 zeroes are no record: the voter has not accepted one.</item>
/// </list>
/// </summary>
internal static class RecordCodec
{
    /// <summary>The bytes of a record.</summary>
    public const int Length = SlotsAt + (MemberSet.Capacity * SlotLength);

    private const int RoundAt = 0;
    private const int WriterAt = 8;
    private const int NumberAt = 24;
    private const int VolumeSizeAt = 32;
    private const int SessionAt = 40;
    private const int PowerLossSessionAt = 48;
    private const int FlagsAt = 56;
    private const int RuleAt = 60;
    private const int InSyncAt = 62;
    private const int LineageAt = 64;
    private const int ParentAt = 80;
    private const int SlotsAt = 128;

    private const int SlotLength = 24;
    private const int SlotMemberAt = 16;
    private const int SlotFlagsAt = 17;

    [Flags]
    private enum RecordBits : uint
    {
        None = 0,
        Clean = 1,
        Stopped = 2,
        PowerLost = 4,
        All = Clean | Stopped | PowerLost,
    }

    [Flags]
    private enum SlotBits : byte
    {
        None = 0,
        Witness = 1,
        Old = 2,
        New = 4,
        All = Witness | Old | New,
    }

    /// <summary>Encodes a record.</summary>
    /// <param name="record">The record; null: no record.</param>
    /// <param name="destination">At least <see cref="Length"/> bytes; exactly these are written.</param>
    public static void Encode(VolumeRecord? record, Span<byte> destination)
    {
        var bytes = destination[..Length];
        bytes.Clear();
        if (record is null)
        {
            return;
        }

        Invariant.Require(record.Version.Number > 0);
        Invariant.Require(record.InSync.IsSubsetOf(record.Configuration.Legs));
        bytes.PutUInt64(RoundAt, record.Version.Epoch.Round);
        bytes.PutGuid(WriterAt, record.Version.Epoch.Writer);
        bytes.PutUInt64(NumberAt, record.Version.Number);
        bytes.PutUInt64(VolumeSizeAt, (ulong)record.Size.Bytes);
        bytes.PutUInt64(SessionAt, record.Session);
        bytes.PutUInt64(PowerLossSessionAt, record.PowerLossSession);
        bytes.PutUInt32(FlagsAt, (uint)FlagsOf(record));
        bytes[RuleAt] = (byte)record.Configuration.Rule;
        bytes.PutUInt16(InSyncAt, record.InSync.Bits);
        bytes.PutGuid(LineageAt, record.Lineage);
        bytes.PutGuid(ParentAt, record.ParentLineage);
        foreach (var (index, slot) in record.Configuration.Slots.Index())
        {
            EncodeSlot(slot, bytes.Slice(SlotsAt + (index * SlotLength), SlotLength));
        }
    }

    /// <summary>Decodes a record.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="record">The record; null: no record.</param>
    /// <param name="fault">Why the bytes are no record of this format, as the end of a sentence.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> source, out VolumeRecord? record, [NotNullWhen(false)] out string? fault)
    {
        var bytes = source[..Length];
        record = null;
        fault = null;
        if (!bytes.ContainsAnyExcept((byte)0))
        {
            return true;
        }

        fault = FaultOf(bytes) ?? Decode(bytes, out record);
        if (fault is null)
        {
            Span<byte> again = stackalloc byte[Length];
            Encode(record, again);
            fault = bytes.SequenceEqual(again) ? null
                : $"has data in a reserved field, at byte {bytes.CommonPrefixLength(again)}";
        }

        record = fault is null ? record : null;
        return fault is null;
    }

    private static string? FaultOf(ReadOnlySpan<byte> bytes)
    {
        var flags = (RecordBits)bytes.UInt32At(FlagsAt);
        var rule = (QuorumRule)bytes[RuleAt];
        return (flags & ~RecordBits.All) != RecordBits.None ? $"has unknown flags 0x{(uint)(flags & ~RecordBits.All):x}"
            : !Enum.IsDefined(rule) ? $"has the unknown quorum rule {(byte)rule}"
            : bytes.UInt64At(NumberAt) == 0 ? "has the number 0"
            : bytes.UInt64At(VolumeSizeAt) > long.MaxValue ? $"has a size of {bytes.UInt64At(VolumeSizeAt)} bytes"
            : null;
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, out VolumeRecord? record)
    {
        record = null;
        VolumeConfiguration configuration;
        try
        {
            if (DecodeSlots(bytes[SlotsAt..], out var slots) is { } fault)
            {
                return fault;
            }

            configuration = new VolumeConfiguration((QuorumRule)bytes[RuleAt], slots);
        }
        catch (ArgumentException exception)
        {
            return $"has an invalid configuration: {exception.Message}";
        }

        var inSync = new MemberSet(bytes.UInt16At(InSyncAt));
        if (!inSync.IsSubsetOf(configuration.Legs))
        {
            return $"has the in-sync set {inSync}, but the legs {configuration.Legs}";
        }

        var flags = (RecordBits)bytes.UInt32At(FlagsAt);
        record = new VolumeRecord
        {
            Version = new(new(bytes.UInt64At(RoundAt), bytes.GuidAt(WriterAt)), bytes.UInt64At(NumberAt)),
            Configuration = configuration,
            Size = ByteSize.FromBytes((long)bytes.UInt64At(VolumeSizeAt)),
            InSync = inSync,
            IsClean = flags.HasFlag(RecordBits.Clean),
            IsStopped = flags.HasFlag(RecordBits.Stopped),
            IsPowerLost = flags.HasFlag(RecordBits.PowerLost),
            Session = bytes.UInt64At(SessionAt),
            PowerLossSession = bytes.UInt64At(PowerLossSessionAt),
            Lineage = bytes.GuidAt(LineageAt),
            ParentLineage = bytes.GuidAt(ParentAt),
        };
        return null;
    }

    /// <summary>Decodes the slots up to the first unused one, which is all zeroes.</summary>
    private static string? DecodeSlots(ReadOnlySpan<byte> bytes, out ImmutableArray<VoterSlot> slots)
    {
        var found = ImmutableArray.CreateBuilder<VoterSlot>();
        for (; !bytes.IsEmpty && bytes[..SlotLength].ContainsAnyExcept((byte)0); bytes = bytes[SlotLength..])
        {
            var flags = (SlotBits)bytes[SlotFlagsAt];
            if ((flags & ~SlotBits.All) != SlotBits.None)
            {
                slots = [];
                return $"has unknown flags 0x{(byte)(flags & ~SlotBits.All):x} in voter slot {found.Count}";
            }

            found.Add(new VoterSlot(
                bytes.GuidAt(0),
                bytes[SlotMemberAt],
                flags.HasFlag(SlotBits.Witness),
                flags.HasFlag(SlotBits.Old),
                flags.HasFlag(SlotBits.New)));
        }

        slots = found.ToImmutable();
        return null;
    }

    private static void EncodeSlot(VoterSlot slot, Span<byte> bytes)
    {
        bytes.PutGuid(0, slot.Id);
        bytes[SlotMemberAt] = slot.Member;
        bytes[SlotFlagsAt] = (byte)((slot.IsWitness ? SlotBits.Witness : SlotBits.None)
            | (slot.IsOld ? SlotBits.Old : SlotBits.None)
            | (slot.IsNew ? SlotBits.New : SlotBits.None));
    }

    private static RecordBits FlagsOf(VolumeRecord record) =>
        (record.IsClean ? RecordBits.Clean : RecordBits.None)
        | (record.IsStopped ? RecordBits.Stopped : RecordBits.None)
        | (record.IsPowerLost ? RecordBits.PowerLost : RecordBits.None);
}
