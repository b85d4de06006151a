using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio volume list</c>.</summary>
/// <param name="Volumes">The volumes, by name.</param>
/// <param name="Others">Devices that belong to no volume or cannot be read, with the reason; null: none.</param>
internal sealed record VolumeListReport(
    IReadOnlyList<VolumeReport> Volumes, IReadOnlyList<MissingReport>? Others)
{
    internal void Write(TextWriter writer, bool isTerminal)
    {
        var table = ReportConsole.NewTable(isTerminal, "Volume", "Id", "State", "Size", "Legs", "Witnesses");
        foreach (var volume in Volumes)
        {
            table.AddRow(
                new Text(volume.Volume),
                new Text($"{volume.Id}"),
                new Text(volume.State),
                new Text(Quantity.Bytes(volume.Size)),
                new Text(TextOf(volume.Legs.Select(leg => leg.Device))),
                new Text(TextOf(volume.Witness.Select(witness => witness.Device))));
        }

        if (Volumes.Count > 0)
        {
            ReportConsole.NewConsole(writer, isTerminal).Write(table);
        }

        foreach (var device in Others ?? [])
        {
            writer.WriteLine($"{device.Device}: {device.Reason}");
        }
    }

    private static string TextOf(IEnumerable<string?> devices) =>
        string.Join(", ", devices.Select(device => device ?? "(not found)").DefaultIfEmpty("-"));
}

/// <summary>The output of <c>dmio volume destroy</c>.</summary>
/// <param name="Erased">The devices that were erased.</param>
internal sealed record DestroyedReport(IReadOnlyList<string> Erased);
