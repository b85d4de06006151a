using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes;

/// <summary>
/// The result of a write, write zeroes or discard of a volume on each of its legs. An <see cref="IoResult"/> has one if
/// the operation was sent to legs and is not done on all of them, whatever its status is: an operation that is done on
/// all legs costs nothing. Immutable.
/// </summary>
/// <param name="Record">The version of the record that was chosen when the operation was answered.</param>
/// <param name="Legs">The legs of the volume, by number.</param>
/// <param name="IsDegraded">A leg of the volume was not in sync when the operation was answered.</param>
public sealed record VolumeOutcome(RecordVersion Record, IReadOnlyList<LegOutcome> Legs, bool IsDegraded)
{
    /// <summary>The outcome of region <paramref name="index"/>; null: it is done on every leg, was not sent to any, or
    /// is not a change of a volume.</summary>
    public static VolumeOutcome? Of(IoResult result, int index = 0)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.DetailOf(index) as VolumeOutcome;
    }

    /// <summary>One line for humans.</summary>
    public override string ToString() =>
        $"record {Record}{(IsDegraded ? ", degraded" : "")}: {string.Join(", ", Legs)}";
}

/// <summary>The result of a write, write zeroes or discard of a volume on a leg.</summary>
/// <param name="Device">The name of its device; empty: unknown, since it was not found.</param>
/// <param name="Member">Its number in the volume.</param>
/// <param name="State">The result.</param>
/// <param name="Cause">The failure; null: it has not failed there.</param>
public sealed record LegOutcome(string Device, int Member, LegOutcomeState State, string? Cause = null)
{
    /// <summary>A few words for humans.</summary>
    public override string ToString() =>
        $"leg {Member} '{Device}' {State}{(Cause is null ? "" : $" ({Cause})")}";
}

/// <summary>The result of a write, write zeroes or discard of a volume on a leg.</summary>
public enum LegOutcomeState
{
    /// <summary>The leg has it.</summary>
    Done,

    /// <summary>The leg failed it. If another leg has it, the leg gets it when it returns.</summary>
    Failed,

    /// <summary>It was not sent to the leg, which was absent. The leg gets it when it returns.</summary>
    Missed,

    /// <summary>It was sent to the leg, which did not answer or was lost: it may take effect there at any later time.
    /// The leg gets it when it returns.</summary>
    Late,
}
