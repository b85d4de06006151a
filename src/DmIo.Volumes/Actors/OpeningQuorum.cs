using System.Numerics;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Whether the devices that were named for a volume can open it. Knows no devices.</summary>
internal static class OpeningQuorum
{
    private static readonly WriterRules Rules = new();

    /// <summary>Why the volume cannot be opened, even if every device that may come is a voter that is missing; null:
    /// it may be.</summary>
    /// <param name="name">The name of the volume.</param>
    /// <param name="known">The newest record that was found.</param>
    /// <param name="found">The members that were found, with the names of their devices.</param>
    /// <param name="coming">The number of named devices that are not attached, or cannot be read now.</param>
    internal static string? FaultOf(
        string name, VolumeRecord known, IReadOnlyDictionary<int, string> found, int coming)
    {
        var voters = known.Configuration.Voters;
        var present = MemberSet.None;
        foreach (var member in found.Keys)
        {
            present = present.With(member);
        }

        present &= voters;
        var missing = voters - present;
        if (CanOpen(known, present, missing, coming))
        {
            return null;
        }

        var need = known.Configuration.RuleOf(known.Configuration.New) == QuorumRule.InSync
            ? $"every leg in sync ({string.Join(", ", TextsOf(known, known.InSync))})"
            : $"{(known.Configuration.New.Count / 2) + 1} of its {known.Configuration.New.Count} voters, one of them a "
                + $"leg in sync ({string.Join(", ", TextsOf(known, known.InSync))})";
        return $"The volume '{name}' cannot be opened with the devices that were named. It needs {need}. Found: "
            + string.Join(", ", TextsOf(known, present).Zip(
                found.Where(member => voters[member.Key]).OrderBy(member => member.Key),
                (text, member) => $"{text} '{member.Value}'"))
            + $". Missing: {string.Join(", ", TextsOf(known, missing))}. Name more of its devices.";
    }

    private static bool CanOpen(VolumeRecord known, MemberSet present, MemberSet missing, int coming)
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var added = new MemberSet((ushort)bits) & missing;
            if (added.Bits == bits && BitOperations.PopCount((uint)bits) <= coming
                && Rules.MayTakeOver(known, present | added) && known.InSync.Overlaps(present | added))
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> TextsOf(VolumeRecord record, MemberSet members)
    {
        var texts = new List<string>();
        foreach (var member in members)
        {
            texts.Add(record.Configuration.Legs[member] ? $"leg {member}" : $"witness {member}");
        }

        return texts;
    }
}
