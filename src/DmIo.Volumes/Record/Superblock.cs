using System.Runtime.InteropServices;

namespace DmIo.Volumes.Record;

/// <summary>
/// The durable state of a member of a volume: of its vote, and of its leg if it has one. Stored in four copies
/// (<see cref="SuperblockCopies"/>). Immutable.
/// </summary>
internal sealed record Superblock
{
    /// <summary>The largest length of a name, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 64;

    /// <summary>The volume.</summary>
    public required Guid Volume { get; init; }

    /// <summary>The leg or witness.</summary>
    public required Guid Leg { get; init; }

    /// <summary>The number of the member in the records of the volume.</summary>
    public required byte Member { get; init; }

    /// <summary>The durable state of the leg; <see cref="LegState.None"/> for a witness, and only there.</summary>
    public required LegState State { get; init; }

    /// <summary>The epoch below which the voter accepts nothing.</summary>
    public Epoch Promised { get; init; }

    /// <summary>The record that the voter accepted last; null: none.</summary>
    public VolumeRecord? Accepted { get; init; }

    /// <summary>The areas of the leg.</summary>
    public required LegGeometry Geometry { get; init; }

    /// <summary>The number of the last attach; durable before the attach is granted.</summary>
    public ulong Generation { get; init; }

    /// <summary>The last record whose in-sync set had the leg; the default: it was never in sync.</summary>
    public RecordVersion LastInSync { get; init; }

    /// <summary>The reads that were answered from another leg and corrected on this one.</summary>
    public ulong CorrectedReads { get; init; }

    /// <summary>The name of the volume.</summary>
    public string Name { get; init; } = "";

    /// <summary>The host that a volume with unfenced legs is bound to; empty: none.</summary>
    public Guid Host { get; init; }

    /// <summary>External metadata: the inode number of the file with the data; 0: it is no file, or the metadata is not
    /// external. With another file, the metadata is refused.</summary>
    public ulong DataInode { get; init; }

    /// <summary>By what the voter knows whether a volatile cache was lost since the first grant.</summary>
    public Continuity Continuity { get; init; }
}

/// <summary>
/// The identity of the volatile caches below a leg, stored at the first grant. If the values differ later, or the
/// continuity has ended, writes that were not flushed may be lost. The default was never begun.
/// </summary>
/// <param name="IsEnded">A flush or a write failed since the first grant.</param>
/// <param name="BootId">The boot of the host: Linux <c>/proc/sys/kernel/random/boot_id</c>.</param>
/// <param name="DiskSequence">The disk below the leg: Linux <c>BLKGETDISKSEQ</c>; 0: the leg is a file.</param>
/// <param name="File">The file or device of the leg.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Continuity(bool IsEnded, Guid BootId, ulong DiskSequence, FileStamp File)
{
    /// <summary>As <see cref="DiskSequence"/>, of the device with the external metadata; 0: there is none.</summary>
    public ulong MetadataDiskSequence { get; init; }

    /// <summary>As <see cref="File"/>, of the device with the external metadata; the default: there is none.</summary>
    public FileStamp MetadataFile { get; init; }

    /// <summary>No volatile cache was lost since this continuity was stored.</summary>
    /// <param name="current">The present values.</param>
    public bool Includes(Continuity current) => !IsEnded && BootId != Guid.Empty && this == current;
}

/// <summary>What a superblock stores about the file or block device of its leg, so that a replaced one is
/// noticed.</summary>
/// <param name="Device">The number of the block device, or of the file system of the file: major number in the high 32
/// bits, minor number in the low ones.</param>
/// <param name="Inode">The inode number; 0: a block device.</param>
/// <param name="BirthTime">The creation time in nanoseconds since 1970; 0: unknown.</param>
internal readonly record struct FileStamp(ulong Device, ulong Inode, ulong BirthTime);
