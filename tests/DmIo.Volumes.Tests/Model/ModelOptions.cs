using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>The bounds of a model, and the rules that it checks. Constant: a world names it by its index.</summary>
internal sealed record ModelOptions
{
    public int Legs { get; init; } = 2;

    public int Witnesses { get; init; }

    public QuorumRule Rule { get; init; } = QuorumRule.Majority;

    /// <summary>The number of blocks, of one region each.</summary>
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

    /// <summary>A writer may lose a leg at any time, as often as it likes.</summary>
    public bool LosesLegs { get; init; }

    /// <summary>Legs may return to S.</summary>
    public bool Returns { get; init; }

    /// <summary>Extents may cool, and the record become clean.</summary>
    public bool Cools { get; init; }

    /// <summary>How often the lease of a voter runs out.</summary>
    public int Ticks { get; init; }

    /// <summary>How often a writer may renew its lease; 0: leases are not modeled, and a writer may read until another
    /// one has the promises that it needs, as a lease would make sure.</summary>
    public int Renewals { get; init; }

    /// <summary>The largest number of a record in an epoch.</summary>
    public ulong MaxRecords { get; init; } = ulong.MaxValue;

    /// <summary>Map writes and map reads are steps of their own; otherwise they take effect when they are sent.</summary>
    public bool SplitsMaps { get; init; }

    /// <summary>The attachment of a leg is a step of its own; otherwise it follows at once.</summary>
    public bool SplitsAttach { get; init; }

    /// <summary>The model starts with an active writer; otherwise with its first take-over.</summary>
    public bool StartsActive { get; init; }

    /// <summary>I/O of a leg that was cut may still take effect: the drain is a lie.</summary>
    public bool DrainsNothing { get; init; }

    /// <summary>A read may be served while a write of the same writer is in flight, against the contract of the
    /// device.</summary>
    public bool ReadsDuringWrites { get; init; }

    /// <summary>The in-sync set at the start; empty: all legs.</summary>
    public MemberSet InitialInSync { get; init; }

    /// <summary>The legs that are blank at the start.</summary>
    public MemberSet Blank { get; init; }

    public WriterRules WriterRules { get; init; } = new();

    public VoterRules VoterRules { get; init; } = new();
}
