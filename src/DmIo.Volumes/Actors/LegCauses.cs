using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Why legs of an open volume were lost, for people. Used only on the volume's turn.</summary>
internal sealed class LegCauses
{
    private readonly string?[] causes = new string?[VolumeConfiguration.MaxLegs];

    /// <summary>Why the leg was lost; null: it is in sync, or was not found.</summary>
    internal string? this[int member] => causes[member];

    /// <summary>Notes a cause. The first one stays until the leg is in sync again.</summary>
    internal void Note(int member, string cause)
    {
        if (member < causes.Length)
        {
            causes[member] ??= cause;
        }
    }

    /// <summary>Notes that a step failed on a leg.</summary>
    internal void Note(int member, WriterStep step, IoStatus status) =>
        Note(member, $"failed {NameOf(step)}: {status}");

    /// <summary>Notes that the leg leaves S after a comparison.</summary>
    internal void NoteDifference(int member) =>
        Note(member, "its data differed from that of most legs in a comparison");

    /// <summary>Forgets the causes of legs that are in sync.</summary>
    internal void Forget(MemberSet inSync)
    {
        foreach (var member in inSync)
        {
            causes[member] = null;
        }
    }

    private static string NameOf(WriterStep step) => step switch
    {
        ClientOperation operation => operation.Operation.ToString().ToLowerInvariant(),
        FlushStep => "flush",
        CopyTransfer => "copy",
        HashRead { Purpose: var purpose } => purpose,
        _ => "write of its maps",
    };
}
