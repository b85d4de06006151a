using System.Collections.Immutable;
using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>How the legs of a model drain.</summary>
internal enum ModelDrain
{
    /// <summary>I/O that was not done does not take effect any more.</summary>
    Complete,

    /// <summary>I/O may still take effect, although the leg says that it is drained.</summary>
    Lie,

    /// <summary>I/O may still take effect, and the leg says that it is not drained.</summary>
    Never,
}

/// <summary>The bounds of a model, and the rules that it checks. Constant: a world names it by its index.</summary>
internal sealed record ModelOptions
{
    public int Legs { get; init; } = 2;

    public int Witnesses { get; init; }

    public QuorumRule Rule { get; init; } = QuorumRule.Majority;

    /// <summary>The number of blocks, of one region each, if they share an extent.</summary>
    public int Blocks { get; init; } = 1;

    /// <summary>Each block is in an extent of its own; otherwise all share one.</summary>
    public bool HasExtentPerBlock { get; init; }

    /// <summary>The number of writers, each with one attempt.</summary>
    public int Writers { get; init; } = 1;

    public int Writes { get; init; } = 1;

    public int Flushes { get; init; }

    /// <summary>How often a writer may crash.</summary>
    public int Crashes { get; init; }

    /// <summary>How often a leg may lose its power.</summary>
    public int PowerLosses { get; init; }

    /// <summary>How often a leg may become unreachable.</summary>
    public int Cuts { get; init; }

    /// <summary>How often a flush may fail and drop dirty data.</summary>
    public int FlushFailures { get; init; }

    /// <summary>How often a voter's process may restart.</summary>
    public int Restarts { get; init; }

    /// <summary>How often a writer may lose a leg that works.</summary>
    public int Losses { get; init; }

    /// <summary>How many messages may be late: a request that is also sent now or later again, or a reply.</summary>
    public int Delays { get; init; }

    /// <summary>How often a session may be opened.</summary>
    public int Sessions { get; init; }

    /// <summary>Legs may return to S.</summary>
    public bool Returns { get; init; }

    /// <summary>Extents may cool, and the record become clean.</summary>
    public bool Cools { get; init; }

    /// <summary>How often the lease of a voter runs out.</summary>
    public int Ticks { get; init; }

    /// <summary>How often a writer may renew its lease; 0: leases are not modeled, and a writer may read until another
    /// one has the promises that it needs, as a lease would make sure.</summary>
    public int Renewals { get; init; }

    /// <summary>How often a writer may release its lease; the request may arrive late, or never.</summary>
    public int Releases { get; init; }

    /// <summary>The largest number of a record in an epoch.</summary>
    public ulong MaxRecords { get; init; } = ulong.MaxValue;

    /// <summary>Map writes and map reads are steps of their own; otherwise they take effect when they are
    /// sent.</summary>
    public bool SplitsMaps { get; init; }

    /// <summary>The attachment of a leg is a step of its own; otherwise it follows at once.</summary>
    public bool SplitsAttach { get; init; }

    /// <summary>The model starts with an active writer; otherwise with its first take-over.</summary>
    public bool StartsActive { get; init; }

    /// <summary>A request to a voter about epochs and records is a step of its own; otherwise every voter that can be
    /// reached answers at once.</summary>
    public bool SplitsVotes { get; init; } = true;

    /// <summary>A take-over waits for voters that have not answered, until a step ends that; otherwise it proposes as
    /// soon as it has the promises that it needs.</summary>
    public bool HasGrace { get; init; }

    /// <summary>How legs drain.</summary>
    public ModelDrain Drain { get; init; }

    /// <summary>A voter whose process restarts takes its leg for drained (against VR9).</summary>
    public bool TrustsRestart { get; init; }

    /// <summary>All writers use the same Guid for their epochs (against VR5).</summary>
    public bool SharesGuid { get; init; }

    /// <summary>A read may be served while a write of the same writer is in flight, against the contract of the
    /// device.</summary>
    public bool ReadsDuringWrites { get; init; }

    /// <summary>The in-sync set at the start; empty: all legs.</summary>
    public MemberSet InitialInSync { get; init; }

    /// <summary>The members that are no voters at the start.</summary>
    public MemberSet Outside { get; init; }

    /// <summary>How often a voter may be added or removed.</summary>
    public int Changes { get; init; }

    /// <summary>How often a writer may be suspended for so long that it answers what waits.</summary>
    public int Expiries { get; init; }

    /// <summary>What writers do while they cannot serve.</summary>
    public WriterPolicy Policy { get; init; } = new();

    /// <summary>The volume may grow by the last block, which holds nothing of the volume before.</summary>
    public bool Grows { get; init; }

    /// <summary>The legs that are blank at the start.</summary>
    public MemberSet Blank { get; init; }

    public WriterRules WriterRules { get; init; } = new();

    public VoterRules VoterRules { get; init; } = new();

    /// <summary>The record at the start.</summary>
    internal VolumeRecord FirstRecord(ByteSize size)
    {
        var slots = ImmutableArray.CreateBuilder<VoterSlot>();
        for (var i = 0; i < Legs + Witnesses; i++)
        {
            var id = IdOf(i);
            if (!Outside[i])
            {
                slots.Add(new VoterSlot(id, (byte)i, i >= Legs, IsOld: true, IsNew: true));
            }
        }

        return new VolumeRecord
        {
            Version = new RecordVersion(Epoch.None, 0),
            Configuration = new VolumeConfiguration(Rule, slots.ToImmutable()),
            Size = size,
            InSync = InitialInSync.IsEmpty
                ? MemberSet.FirstMembers(Legs) - Outside
                : InitialInSync,
            IsClean = true,
            Lineage = new Guid(99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        };
    }

    internal static Guid IdOf(int member) => new(100 + member, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
