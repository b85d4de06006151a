using System.Text;
using System.Text.Unicode;

namespace DmIo.Volumes.Record;

/// <summary>What a block with a copy of a superblock is.</summary>
internal enum CopyState
{
    /// <summary>A copy with a correct checksum and valid fields, in its place.</summary>
    Valid,

    /// <summary>The block could not be read.</summary>
    Unreadable,

    /// <summary>The block is no superblock.</summary>
    NoMagic,

    /// <summary>The checksum is wrong: the copy is torn or rotten.</summary>
    BadChecksum,

    /// <summary>The checksum is correct, but a field is invalid, or the copy is in another copy's place.</summary>
    Invalid,

    /// <summary>The checksum is correct, but the copy was written by a newer program.</summary>
    Newer,
}

/// <summary>One decoded copy of a superblock.</summary>
/// <param name="State">What the block is.</param>
/// <param name="Sequence">The sequence; 0 unless the checksum is correct.</param>
/// <param name="Superblock">The superblock; null unless the copy is valid.</param>
/// <param name="Fault">Why the copy is not valid, as the end of a sentence about it; null if it is.</param>
internal sealed record SuperblockCopy(CopyState State, ulong Sequence, Superblock? Superblock, string? Fault);

/// <summary>
/// The 4096 bytes of a copy of a <see cref="Superblock"/>. The README of this project has the table of the fields. The
/// encoding is canonical: two valid copies with equal numbers are equal if, and only if, their bytes are.
/// </summary>
internal static class SuperblockCodec
{
    /// <summary>The format version that this program reads and writes.</summary>
    public const ushort FormatVersion = 1;

    private const int VersionAt = 8;
    private const int CopyAt = 10;
    private const int ChecksumAt = 12;
    private const int SequenceAt = 16;
    private const int VolumeAt = 24;
    private const int LegAt = 40;
    private const int MemberAt = 56;
    private const int StateAt = 57;
    private const int FlagsAt = GeometryCodec.FlagsAt;
    private const int PromisedRoundAt = 64;
    private const int PromisedWriterAt = 72;
    private const int RecordAt = 96;
    private const int GenerationAt = 704;
    private const int InSyncRoundAt = 712;
    private const int InSyncWriterAt = 720;
    private const int InSyncNumberAt = 736;
    private const int CorrectedReadsAt = 744;
    private const int NameAt = 752;
    private const int HostAt = 816;
    private const int EndedAt = 832;
    private const int BootAt = 840;
    private const int DiskSequenceAt = 856;
    private const int FileAt = 864;
    private const int InodeInFile = 8;
    private const int BirthInFile = 16;
    private const int DataInodeAt = 888;
    private const int MetadataDiskSequenceAt = 896;
    private const int MetadataFileAt = 904;

    private static ReadOnlySpan<byte> Magic => "DMIOVOL1"u8;

    /// <summary>Encodes a copy.</summary>
    /// <param name="superblock">The superblock.</param>
    /// <param name="sequence">The sequence, from 1.</param>
    /// <param name="copy">The number of the copy.</param>
    /// <param name="block">Exactly 4096 bytes.</param>
    public static void Encode(Superblock superblock, ulong sequence, int copy, Span<byte> block)
    {
        Invariant.Require(block.Length == LegGeometry.BlockBytes && sequence != 0);
        Invariant.Require(copy is >= 0 and < LegGeometry.Copies);
        Invariant.Require(superblock.State.IsDurable());
        block.Clear();
        Magic.CopyTo(block);
        block.PutUInt16(VersionAt, FormatVersion);
        block[CopyAt] = (byte)copy;
        block.PutUInt64(SequenceAt, sequence);
        block.PutGuid(VolumeAt, superblock.Volume);
        block.PutGuid(LegAt, superblock.Leg);
        block[MemberAt] = superblock.Member;
        block[StateAt] = (byte)superblock.State;
        block.PutUInt64(PromisedRoundAt, superblock.Promised.Round);
        block.PutGuid(PromisedWriterAt, superblock.Promised.Writer);
        RecordCodec.Encode(superblock.Accepted, block[RecordAt..]);
        GeometryCodec.Encode(superblock.Geometry, block);
        block.PutUInt64(GenerationAt, superblock.Generation);
        block.PutUInt64(InSyncRoundAt, superblock.LastInSync.Epoch.Round);
        block.PutGuid(InSyncWriterAt, superblock.LastInSync.Epoch.Writer);
        block.PutUInt64(InSyncNumberAt, superblock.LastInSync.Number);
        block.PutUInt64(CorrectedReadsAt, superblock.CorrectedReads);
        var named = Encoding.UTF8.TryGetBytes(superblock.Name, block.Slice(NameAt, Superblock.MaxNameBytes), out _);
        Invariant.Require(named && !superblock.Name.Contains('\0'));
        block.PutGuid(HostAt, superblock.Host);
        block.PutUInt64(DataInodeAt, superblock.DataInode);
        Encode(superblock.Continuity, block);
        Seal(block);
    }

    /// <summary>Stores the checksum of a block.</summary>
    public static void Seal(Span<byte> block) =>
        block.PutUInt32(ChecksumAt, ((ReadOnlySpan<byte>)block).Crc32CAround(ChecksumAt));

    /// <summary>Decodes a block.</summary>
    /// <param name="block">4096 bytes; empty: the block could not be read.</param>
    /// <param name="copy">The number of the copy that belongs there.</param>
    public static SuperblockCopy Decode(ReadOnlySpan<byte> block, int copy)
    {
        if (block.IsEmpty)
        {
            return new(CopyState.Unreadable, 0, null, "cannot be read");
        }

        Invariant.Require(block.Length == LegGeometry.BlockBytes);
        var version = block.UInt16At(VersionAt);
        if (!block.StartsWith(Magic))
        {
            return new(CopyState.NoMagic, 0, null, "is no superblock");
        }

        if (block.UInt32At(ChecksumAt) != block.Crc32CAround(ChecksumAt))
        {
            var named = version == FormatVersion ? "" : $" (and it has the format version {version})";
            return new(CopyState.BadChecksum, 0, null, $"has a wrong checksum{named}");
        }

        var sequence = block.UInt64At(SequenceAt);
        if (NewerThanThis(version, block.UInt32At(FlagsAt)) is { } newer)
        {
            return new(CopyState.Newer, sequence, null, newer);
        }

        if (FaultOf(block, copy) is { } fault)
        {
            return new(CopyState.Invalid, sequence, null, fault);
        }

        return DecodeFields(block, out var superblock) is { } invalid
            ? new(CopyState.Invalid, sequence, null, invalid)
            : RequireCanonical(block, copy, new(CopyState.Valid, sequence, superblock, null));
    }

    /// <summary>Two valid copies are equal but for the number of the copy and the checksum.</summary>
    public static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one[..CopyAt].SequenceEqual(other[..CopyAt])
        && one[(CopyAt + 1)..ChecksumAt].SequenceEqual(other[(CopyAt + 1)..ChecksumAt])
        && one[SequenceAt..].SequenceEqual(other[SequenceAt..]);

    private static string? NewerThanThis(ushort version, uint flags) =>
        version > FormatVersion
            ? $"has format version {version}, which is newer than this program's {FormatVersion}; use a newer dmio"
        : (flags & ~GeometryCodec.KnownFlags) != 0
            ? $"has flags 0x{flags & ~GeometryCodec.KnownFlags:x}, which this program does not know; use a newer dmio"
        : null;

    private static string? FaultOf(ReadOnlySpan<byte> block, int copy)
    {
        var (version, state) = (block.UInt16At(VersionAt), (LegState)block[StateAt]);
        var isWitness = (block.UInt32At(FlagsAt) & GeometryCodec.WitnessFlag) != 0;
        return version != FormatVersion ? $"has the unknown format version {version}"
            : block[CopyAt] != copy ? $"is copy {block[CopyAt]}, in the place of copy {copy}"
            : block.UInt64At(SequenceAt) == 0 ? "has the sequence 0"
            : block[MemberAt] >= MemberSet.Capacity ? $"has the member number {block[MemberAt]}"
            : !Enum.IsDefined(state) || !state.IsDurable() ? $"has the unknown leg state {(byte)state}"
            : isWitness != (state == LegState.None)
                ? $"has the leg state {state}, but is {(isWitness ? "a" : "no")} witness"
            : null;
    }

    private static string? DecodeFields(ReadOnlySpan<byte> block, out Superblock? superblock)
    {
        superblock = null;
        if (!RecordCodec.TryDecode(block[RecordAt..], out var record, out var fault))
        {
            return $"has a record that {fault}";
        }

        if (!GeometryCodec.TryDecode(block, out var geometry, out fault))
        {
            return fault;
        }

        var name = block.Slice(NameAt, Superblock.MaxNameBytes).TrimEnd((byte)0);
        if (name.Contains((byte)0) || !Utf8.IsValid(name))
        {
            return "has a name that is not UTF-8";
        }

        superblock = new Superblock
        {
            Volume = block.GuidAt(VolumeAt),
            Leg = block.GuidAt(LegAt),
            Member = block[MemberAt],
            State = (LegState)block[StateAt],
            Promised = new(block.UInt64At(PromisedRoundAt), block.GuidAt(PromisedWriterAt)),
            Accepted = record,
            Geometry = geometry,
            Generation = block.UInt64At(GenerationAt),
            LastInSync = new(
                new(block.UInt64At(InSyncRoundAt), block.GuidAt(InSyncWriterAt)), block.UInt64At(InSyncNumberAt)),
            CorrectedReads = block.UInt64At(CorrectedReadsAt),
            Name = Encoding.UTF8.GetString(name),
            Host = block.GuidAt(HostAt),
            DataInode = block.UInt64At(DataInodeAt),
            Continuity = DecodeContinuity(block),
        };
        return null;
    }

    private static void Encode(Continuity continuity, Span<byte> block)
    {
        block[EndedAt] = continuity.IsEnded ? (byte)1 : (byte)0;
        block.PutGuid(BootAt, continuity.BootId);
        block.PutUInt64(DiskSequenceAt, continuity.DiskSequence);
        Encode(continuity.File, block[FileAt..]);
        block.PutUInt64(MetadataDiskSequenceAt, continuity.MetadataDiskSequence);
        Encode(continuity.MetadataFile, block[MetadataFileAt..]);
    }

    private static Continuity DecodeContinuity(ReadOnlySpan<byte> block) => new(
        block[EndedAt] == 1, block.GuidAt(BootAt), block.UInt64At(DiskSequenceAt), DecodeFile(block[FileAt..]))
    {
        MetadataDiskSequence = block.UInt64At(MetadataDiskSequenceAt),
        MetadataFile = DecodeFile(block[MetadataFileAt..]),
    };

    private static void Encode(FileStamp file, Span<byte> field)
    {
        field.PutUInt64(0, file.Device);
        field.PutUInt64(InodeInFile, file.Inode);
        field.PutUInt64(BirthInFile, file.BirthTime);
    }

    private static FileStamp DecodeFile(ReadOnlySpan<byte> field) =>
        new(field.UInt64At(0), field.UInt64At(InodeInFile), field.UInt64At(BirthInFile));

    /// <summary>Refuses data that this program would lose by writing the superblock again.</summary>
    private static SuperblockCopy RequireCanonical(ReadOnlySpan<byte> block, int copy, SuperblockCopy decoded)
    {
        Span<byte> again = stackalloc byte[LegGeometry.BlockBytes];
        Encode(decoded.Superblock!, decoded.Sequence, copy, again);
        again.PutUInt32(ChecksumAt, block.UInt32At(ChecksumAt));
        var equal = block.CommonPrefixLength(again);
        return equal == block.Length
            ? decoded
            : new(CopyState.Invalid, decoded.Sequence, null, $"has data in a reserved field, at byte {equal}");
    }
}
