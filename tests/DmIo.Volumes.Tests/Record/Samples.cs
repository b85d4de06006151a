using System.Collections.Immutable;
using DmIo.Io;
using DmIo.Volumes.Record;
using FsCheck;
using FsCheck.Fluent;

namespace DmIo.Volumes.Tests.Record;

/// <summary>Records and superblocks for tests of the format.</summary>
internal static class Samples
{
    /// <summary>A Guid whose bytes, in the order of its text form, are first, first + 1 and so on.</summary>
    public static Guid Id(byte first) =>
        new([.. Enumerable.Range(0, 16).Select(i => (byte)(first + i))], bigEndian: true);

    /// <summary>A record with a different value in each field.</summary>
    public static VolumeRecord Record { get; } = new()
    {
        Version = new(new(0x0102030405060708, Id(0x10)), 0x1112131415161718),
        Configuration = new VolumeConfiguration(QuorumRule.InSync,
        [
            new(Id(0x20), 0, IsWitness: false, IsOld: true, IsNew: true),
            new(Id(0x30), 3, IsWitness: false, IsOld: true, IsNew: false),
            new(Id(0x40), 8, IsWitness: true, IsOld: false, IsNew: true),
        ]),
        Size = ByteSize.FromGiB(5),
        InSync = MemberSet.Of(0).With(3),
        IsClean = true,
        IsPowerLost = true,
        Session = 0x2122232425262728,
        PowerLossSession = 0x3132333435363738,
        Lineage = Id(0x50),
        ParentLineage = Id(0x60),
    };

    /// <summary>A superblock with a different value in each field.</summary>
    public static Superblock Superblock { get; } = new()
    {
        Volume = Id(0x70),
        Leg = Id(0x20),
        Member = 0,
        State = LegState.InSync,
        Promised = new(0x4142434445464748, Id(0x80)),
        Accepted = Record,
        Geometry = LegGeometry.For(MetadataPlacement.External, ByteSize.FromGiB(1024), hasChecksums: true),
        Generation = 0x5152535455565758,
        LastInSync = new(new(0x6162636465666768, Id(0x90)), 0x7172737475767778),
        CorrectedReads = 0x8182838485868788,
        Name = "müller",
        Host = Id(0xa0),
        Continuity = new(
            true, Id(0xb0), 0x9192939495969798, new(0xa1a2a3a4a5a6a7a8, 0xb1b2b3b4b5b6b7b8, 0xc1c2c3c4c5c6c7c8)),
    };

    /// <summary>A witness that has promised, but accepted nothing.</summary>
    public static Superblock Witness { get; } = new()
    {
        Volume = Id(0x70),
        Leg = Id(0x40),
        Member = 8,
        State = LegState.None,
        Promised = new(7, Id(0x80)),
        Geometry = LegGeometry.Witness,
    };

    public static Arbitrary<VolumeRecord> Records { get; } = Arb.From(GenerateRecord());

    public static Arbitrary<Superblock> Superblocks { get; } = Arb.From(
        from record in Gen.Frequency((4, GenerateRecord().Select(record => (VolumeRecord?)record)), (1, NoRecord()))
        from isWitness in Gen.Elements(false, false, false, true)
        from state in Gen.Choose((int)LegState.Blank, (int)LegState.Forked)
        from placement in Gen.Elements(MetadataPlacement.Internal, MetadataPlacement.External)
        from maximum in Gen.Elements(1L, 8, 8192, 1L << 31, LegGeometry.Limit.Sectors.Value)
        from hasChecksums in Gen.Elements(false, true)
        from numbers in Numbers().ArrayOf(14)
        from guids in Guids().ArrayOf(6)
        from name in Gen.Elements("", "vol-1", "größe", new string('x', 64))
        from isEnded in Gen.Elements(false, true)
        select new Superblock
        {
            Volume = guids[0],
            Leg = guids[1],
            Member = (byte)(isWitness ? 9 : numbers[0] % 8),
            State = isWitness ? LegState.None : (LegState)state,
            Promised = new(numbers[1], guids[2]),
            Accepted = record,
            Geometry = isWitness
                ? LegGeometry.Witness
                : LegGeometry.For(placement, ByteSize.FromSectors(maximum), hasChecksums),
            Generation = numbers[2],
            LastInSync = new(new(numbers[3], guids[3]), numbers[4]),
            CorrectedReads = numbers[5],
            Name = name,
            Host = guids[4],
            DataInode = numbers[9],
            Continuity = new(isEnded, guids[5], numbers[6], new(numbers[7], numbers[8], numbers[0]))
            {
                MetadataDiskSequence = numbers[10],
                MetadataFile = new(numbers[11], numbers[12], numbers[13]),
            },
        });

    /// <summary>A copy with a sequence, as a block.</summary>
    public static byte[] Encode(Superblock superblock, ulong sequence, int copy)
    {
        var block = new byte[LegGeometry.BlockBytes];
        SuperblockCodec.Encode(superblock, sequence, copy, block);
        return block;
    }

    private static Gen<VolumeRecord?> NoRecord() => Gen.Constant((VolumeRecord?)null);

    private static Gen<ulong> Numbers() => Gen.OneOf(
        Gen.Elements<ulong>(0, 1, long.MaxValue, ulong.MaxValue),
        Gen.Choose(0, int.MaxValue).Select(value => (ulong)value));

    private static Gen<Guid> Guids() => Gen.OneOf(
        Gen.Constant(Guid.Empty),
        Gen.Choose(0, 255).ArrayOf(16).Select(bytes => new Guid([.. bytes.Select(value => (byte)value)])));

    private static Gen<VolumeRecord> GenerateRecord() =>
        from numbers in Numbers().ArrayOf(5)
        from guids in Guids().ArrayOf(3)
        from ids in Guids().ArrayOf(MemberSet.Capacity)
        from legs in Gen.Choose(1, VolumeConfiguration.MaxLegs)
        from witnesses in Gen.Choose(0, VolumeConfiguration.MaxVoters - VolumeConfiguration.MaxLegs)
        from rule in Gen.Elements(QuorumRule.Majority, QuorumRule.InSync)
        from votes in Gen.Choose(1, 3).ArrayOf(MemberSet.Capacity)
        from inSync in Gen.Choose(0, 255)
        from flags in Gen.Choose(0, 7)
        let configuration = new VolumeConfiguration(
            rule,
            [.. SlotsOf(ids, legs, witnesses, votes)])
        select new VolumeRecord
        {
            Version = new(new(numbers[0], guids[0]), Math.Max(1, numbers[1])),
            Configuration = configuration,
            Size = ByteSize.FromBytes((long)(numbers[2] & long.MaxValue)),
            InSync = new MemberSet((ushort)inSync) & configuration.Legs,
            IsClean = (flags & 1) != 0,
            IsStopped = (flags & 2) != 0,
            IsPowerLost = (flags & 4) != 0,
            Session = numbers[3],
            PowerLossSession = numbers[4],
            Lineage = guids[1],
            ParentLineage = guids[2],
        };

    private static ImmutableArray<VoterSlot> SlotsOf(Guid[] ids, int legs, int witnesses, int[] votes) =>
    [
        .. Enumerable.Range(0, legs).Select(i => Slot(ids[i], i, false, i == 0 ? 3 : votes[i])),
        .. Enumerable.Range(8, witnesses).Select(i => Slot(ids[i], i, true, votes[i])),
    ];

    private static VoterSlot Slot(Guid id, int member, bool isWitness, int votes) =>
        new(id, (byte)member, isWitness, IsOld: (votes & 1) != 0, IsNew: (votes & 2) != 0);
}
