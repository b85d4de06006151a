using DmIo.Volumes.Maps;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>What I/O does on a leg.</summary>
internal enum LegIoKind : byte
{
    Write,
    WriteActive,
    WriteMissed,
    ReadMaps,
    Flush,
}

/// <summary>I/O that was sent to a leg and did not take effect.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Writer">The writer that sent it.</param>
/// <param name="Step">The step of the writer; null: its caller does not wait any more, or it reads maps.</param>
internal sealed record LegIo(LegIoKind Kind, int Writer, WriterStep? Step)
{
    /// <summary>The block of a write.</summary>
    public byte Block { get; init; }

    /// <summary>The version that a write writes.</summary>
    public byte Version { get; init; }

    /// <summary>What a write of the active map stores.</summary>
    public RegionSet? Active { get; init; }

    /// <summary>What a flush makes durable, see <see cref="ModelMember.Snapshot"/>.</summary>
    public byte[]? Snapshot { get; init; }

    /// <summary>What a write of the missed maps stores.</summary>
    public RegionSet[]? Missed { get; init; }
}

/// <summary>A write or a flush of the modeled user.</summary>
internal sealed class ModelOperation(
    DmIo.Io.IoOperation operation, RegionRange touched, byte block, byte version)
    : ClientOperation(operation, touched, touched, session: 0)
{
    internal byte Block { get; } = block;

    internal byte Version { get; } = version;
}
