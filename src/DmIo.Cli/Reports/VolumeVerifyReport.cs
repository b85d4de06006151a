using DmIo.AspNetCore.Documents;
using DmIo.Volumes;
using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio volume verify</c>. Sizes and offsets are in bytes.</summary>
/// <param name="ComparedBytes">What was compared.</param>
/// <param name="SkippedBytes">What could not be compared.</param>
/// <param name="Differences">Where legs differ.</param>
/// <param name="Next">Where a later comparison continues; null: this one reached the end.</param>
internal sealed record VolumeVerifyReport(
    long ComparedBytes, long SkippedBytes, IReadOnlyList<DifferenceReport> Differences, long? Next)
{
    internal string Outcome => Differences.Count == 1 ? "1 range differs" : $"{Differences.Count} ranges differ";

    internal static VolumeVerifyReport Of(VerifyResult result, Func<string, string> textOf) => new(
        result.Compared.Bytes,
        result.Skipped.Bytes,
        [.. result.Differences.Select(difference => new DifferenceReport(
            difference.Offset.Bytes,
            difference.Length.Bytes,
            [.. difference.Legs.Select(textOf)],
            difference.IsResynchronized))],
        result.Next?.Bytes);

    internal static VolumeVerifyReport Of(VerifyDocument result) => new(
        result.ComparedBytes,
        result.SkippedBytes,
        [.. result.Differences.Select(difference => new DifferenceReport(
            difference.Offset, difference.Length, difference.Legs, difference.Resynchronized))],
        result.Next);

    internal void Write(TextWriter writer, bool isTerminal)
    {
        writer.WriteLine(
            $"compared {Quantity.Bytes(ComparedBytes)}, skipped {Quantity.Bytes(SkippedBytes)}: "
            + (ComparedBytes == 0 ? "nothing was compared"
                : Differences.Count == 0 ? "the legs are equal"
                : Outcome));
        if (Differences.Count > 0)
        {
            var table = ReportConsole.NewTable(isTerminal, "Offset", "Length", "Legs", "State");
            foreach (var difference in Differences)
            {
                table.AddRow(
                    new Text($"{difference.Offset}"),
                    new Text(Quantity.Bytes(difference.Length)),
                    new Text(string.Join(", ", difference.Legs)),
                    new Text(difference.Resynchronized ? "copied from the other legs" : "no majority: not changed"));
            }

            ReportConsole.NewConsole(writer, isTerminal).Write(table);
        }

        if (Next is { } next)
        {
            writer.WriteLine($"interrupted; continue with --start {next}");
        }
    }
}

/// <summary>A range in which legs differ.</summary>
/// <param name="Offset">Its first byte in the volume.</param>
/// <param name="Length">Its length.</param>
/// <param name="Legs">The legs that differ from most; without a majority, all that were compared.</param>
/// <param name="Resynchronized">The range was copied to the legs from the others.</param>
internal sealed record DifferenceReport(long Offset, long Length, IReadOnlyList<string> Legs, bool Resynchronized);

/// <summary>The output of <c>dmio volume force</c>.</summary>
/// <param name="Volume">The name of the volume.</param>
/// <param name="Source">The device whose data the volume has.</param>
/// <param name="Lineage">The new lineage.</param>
/// <param name="Parent">The lineage of the devices that were not named.</param>
/// <param name="Members">The legs and witnesses.</param>
internal sealed record ForcedReport(
    string Volume, string Source, Guid Lineage, Guid Parent, IReadOnlyList<string> Members);
