using System.CommandLine;
using System.CommandLine.Parsing;
using DmIo.Io;

namespace DmIo.Compare;

/// <summary>
/// The command line. Without a command, it runs the comparison; the commands are the loads that the comparison starts
/// as child processes. Exit code 0 if the comparison ran to its end, regardless of the results; 1 if it was
/// interrupted.
/// </summary>
internal static class CompareCommand
{
    private const string Description =
        "Runs dmio and others in turn and writes a table: perf/compare of DmIo.Actors. Needs a machine with nothing "
        + "else to do.";

    private static readonly string[] All = [.. Scenario.All.Select(scenario => scenario.Id)];

    private static readonly Option<string[]?> Only = new("--only")
    {
        Description = "Which of P1 to P9, V1 to V3 and N1 to N6, as in P1,N3. [default: all]",
        HelpName = "LIST",
        CustomParser = ReadOnly,
    };

    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "How often each subject runs, in turn.",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "How long each run is measured.",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<double> WarmUp = new("--warmup")
    {
        Description = "Seconds before that, which do not count: .NET recompiles busy code in the first seconds.",
        DefaultValueFactory = _ => 4,
    };

    private static readonly Option<string> Disk = new("--disk")
    {
        Description = "A directory on the disk to measure.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("artifacts", "compare"),
    };

    private static readonly Option<string> Memory = new("--memory")
    {
        Description = "A directory that is kept in memory.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
    };

    private static readonly Option<string> DiskSize = new("--disk-size")
    {
        Description = "Bytes of the file on the disk.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => "1GiB",
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "Where compare.md and compare.json go.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("artifacts", "compare"),
    };

    internal static Command Create(CancellationToken end)
    {
        var command = new RootCommand(Description)
        {
            Only, Rounds, Seconds, WarmUp, Disk, Memory, DiskSize, Output,
            RandomAccessLoad.Create(end), NeighborLoad.Create(end), StuckLegLoad.Create(end),
        };
        command.SetAction(parsed => RunAsync(SettingsOf(parsed), end));
        return command;
    }

    internal static CompareSettings SettingsOf(ParseResult parsed)
    {
        return new CompareSettings
        {
            Only = parsed.GetValue(Only) is { Length: > 0 } only ? only : All,
            Rounds = parsed.GetValue(Rounds),
            Seconds = parsed.GetValue(Seconds),
            WarmUpSeconds = parsed.GetValue(WarmUp),
            DiskDirectory = parsed.GetValue(Disk)!,
            MemoryDirectory = parsed.GetValue(Memory)!,
            DiskBytes = ByteSize.Parse(parsed.GetValue(DiskSize)!).Bytes,
            Output = parsed.GetValue(Output)!,
        };
    }

    private static string[]? ReadOnly(ArgumentResult result)
    {
        var asked = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
        if (asked.Except(All, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            result.AddError($"--only '{unknown}' is none of {string.Join(", ", All)}.");
            return null;
        }

        return asked;
    }

    private static async Task<int> RunAsync(CompareSettings settings, CancellationToken end)
    {
        Directory.CreateDirectory(settings.Output);
        Directory.CreateDirectory(settings.DiskDirectory);
        var machine = Machine.Detect(settings);
        var comparison = new Comparison(settings, Console.Error);
        var isEnded = false;
        try
        {
            await comparison.RunAsync(end);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            isEnded = true;
        }

        var table = MarkdownReport.Write(machine, settings, comparison.Results);
        await File.WriteAllTextAsync(Path.Combine(settings.Output, "compare.md"), table, CancellationToken.None);
        await File.WriteAllTextAsync(
            Path.Combine(settings.Output, "compare.json"),
            JsonReport.Write(machine, settings, comparison.Results),
            CancellationToken.None);
        Console.Out.WriteLine(table);
        return isEnded ? 1 : 0;
    }
}
