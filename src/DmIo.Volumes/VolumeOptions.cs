using DmIo.Io;

namespace DmIo.Volumes;

/// <summary>What is accepted of a device that is added to a volume.</summary>
/// <param name="Force">What the device holds is replaced, also if it is a volume or a file system.</param>
/// <param name="AllowUnfenced">See <see cref="VolumeOptions.AllowUnfenced"/>.</param>
public readonly record struct MemberOptions(bool Force = false, bool AllowUnfenced = false);

/// <summary>A volume to create or to open.</summary>
public sealed record VolumeOptions
{
    /// <summary>The name under which the volume is attached to the service, as for any device.</summary>
    public required string Name { get; init; }

    /// <summary>The names of the attached devices that are its legs, 1 to 8, as in
    /// <c>["a", "disk;metadata=disk-meta"]</c>. Open: some of them may be missing.</summary>
    public required IReadOnlyList<LegDevices> Legs { get; init; }

    /// <summary>The names of the attached devices that are its witnesses, of at least 16 KiB: voters without data. Legs
    /// and witnesses together are at most 9.</summary>
    public IReadOnlyList<string> Witnesses { get; init; } = [];

    /// <summary>Open: the names of attached devices that replace absent legs, tried in this order. A device that holds
    /// a volume or a file system, is too small, fails, does not answer, or is used by another volume is skipped with a
    /// warning. Several volumes may name the same spares. A spare that has become a leg is found when the volume is
    /// opened again with the same options. One that is not attached then is a warning, and is used when it is
    /// attached.</summary>
    public IReadOnlyList<LegDevices> Spares { get; init; } = [];

    /// <summary>Open: a leg that is absent for this time, while the volume serves, is replaced by a spare. The device
    /// of the leg is not used any more when it returns. 0.1 s to 1 hour.</summary>
    public TimeSpan SpareAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The legs and the witnesses.</summary>
    internal IEnumerable<LegDevices> Members => Legs.Concat(WitnessDevices);

    /// <summary>The witnesses, as legs are named.</summary>
    internal IEnumerable<LegDevices> WitnessDevices => Witnesses.Select(device => new LegDevices(device));

    /// <summary>Create: the size; null: what fits on the smallest leg. Ignored by open.</summary>
    public ByteSize? Size { get; init; }

    /// <summary>Create: the size up to which the volume can grow, which the legs reserve metadata for: 16.4 MiB per
    /// TiB. Null: twice the size, or more where the metadata has room for it, as 61 GiB on small legs.</summary>
    public ByteSize? MaxSize { get; init; }

    /// <summary>Create: replace what the legs hold, also if it is a volume or a file system.</summary>
    public bool Force { get; init; }

    /// <summary>Force a volume: its source may be a leg that never had the data of the volume, or whose copy did not
    /// end.</summary>
    public bool AllowInconsistentSource { get; init; }

    /// <summary>Legs and witnesses that cannot be fenced are accepted, such as exports of NBD servers: another host can
    /// write to them, and a server that was stopped can execute old writes later. A volume that is created so is bound
    /// to this host.</summary>
    public bool AllowUnfenced { get; init; }

    /// <summary>Open: an operator says that the servers of unfenced legs and witnesses hold no requests of an earlier
    /// process, because they were started again since. Without this, a volume that was not closed is opened without
    /// such legs: a server can execute an old write at any time.</summary>
    public bool AreServersDrained { get; init; }

    /// <summary>Open: the pages of 4096 bytes that the volume may have in I/O at its legs, which bound its
    /// throughput.</summary>
    public int Pages { get; init; } = 1024;

    /// <summary>Open: how long to wait until the volume serves.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most that is copied between legs in a second, to resolve regions after a crash and to synchronize
    /// legs, or is compared (<c>Volume.VerifyAsync</c>); 0: no limit. Copies and comparisons yield to users in any
    /// case: while users have I/O, one is in flight, and it has the priority <see cref="IoPriority.Idle"/> at the
    /// legs.</summary>
    public ByteSize MaxResync { get; init; }

    /// <summary>Open: a leg that is synchronized is first compared by hashes of ranges of at most 256 KiB, and only
    /// ranges that differ are written to it. That is for legs on which writes are slow or cause wear, and costs a read
    /// of the leg; a leg that was lost for a short time lacks little in any case.</summary>
    public bool ComparesResync { get; init; }

    /// <summary>What happens to operations while the volume is suspended.</summary>
    public NoQuorumAction OnNoQuorum { get; init; }

    /// <summary>How long operations wait while the volume is suspended (<see cref="NoQuorumAction.Suspend"/>), counted
    /// from the beginning of the suspension; then, and until it ends, they are answered with
    /// <see cref="IoStatusCode.Suspended"/>, or with <see cref="IoStatusCode.InDoubt"/> if they were sent to legs. 0:
    /// they wait forever.</summary>
    public TimeSpan SuspendDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The fewest legs in sync with which the volume serves, 1 to the number of legs: with fewer it is
    /// suspended. 2 is recommended for three legs: then no acknowledged write is on one leg only.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>Open: a read is answered only after a quorum of the voters has confirmed that no other writer has taken
    /// the volume over; reads that end together share a confirmation. Without this, a writer whose clock stopped, as in
    /// a suspended virtual machine, can serve old data for a moment after another writer took over.</summary>
    public bool ReadQuorum { get; init; }

    /// <summary>What an opening does after a power failure of the whole volume, if a leg does not answer that may hold
    /// more than the others.</summary>
    public PowerLossAction AfterPowerLoss { get; init; }

    /// <summary>How long an opening waits for that leg if <see cref="AfterPowerLoss"/> is
    /// <see cref="PowerLossAction.Serve"/>; less than <see cref="OpenTimeout"/>.</summary>
    public TimeSpan PowerLossTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A leg that does not answer for this time leaves the in-sync set. Writes in flight on it succeed then;
    /// reads fail with <see cref="IoStatusCode.TimedOut"/> (<see cref="IoResult.BufferHeld"/>).</summary>
    public TimeSpan LegTimeout { get; init; } = TimeSpan.FromSeconds(8);
}

/// <summary>What happens to operations while a volume is suspended.</summary>
public enum NoQuorumAction
{
    /// <summary>They wait, at most for <see cref="VolumeOptions.SuspendDeadline"/>.</summary>
    Suspend,

    /// <summary>They are answered at once.</summary>
    Error,
}

/// <summary>What an opening does after a power failure of all legs of a volume, if a leg does not answer. That leg may
/// hold flushed data that the others have lost.</summary>
public enum PowerLossAction
{
    /// <summary>It waits for the leg.</summary>
    Wait,

    /// <summary>It waits for <see cref="VolumeOptions.PowerLossTimeout"/>, and then serves without the leg. What only
    /// that leg has is lost; the first flush fails with <see cref="IoStatusCode.PowerLost"/>.</summary>
    Serve,
}
