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

    /// <summary>The names of the attached devices that are its legs, 1 to 8. Open: some of them may be
    /// missing.</summary>
    public required IReadOnlyList<string> Legs { get; init; }

    /// <summary>The names of the attached devices that are its witnesses, of at least 16 KiB: voters without data. Legs
    /// and witnesses together are at most 9.</summary>
    public IReadOnlyList<string> Witnesses { get; init; } = [];

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

    /// <summary>A leg that does not answer for so long leaves the in-sync set. Operations in flight on it are answered
    /// when its device releases their memory.</summary>
    public TimeSpan LegTimeout { get; init; } = TimeSpan.FromSeconds(8);
}
