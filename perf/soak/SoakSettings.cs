using System.Globalization;
using DmIo.Actors.Configuration;

namespace DmIo.Soak;

/// <summary>The settings of a run.</summary>
public sealed record SoakSettings
{
    /// <summary>The usage text.</summary>
    public const string Usage =
        "dotnet run --project perf/soak -c Release -- [--duration 10m] [--leases 1000] [--devices 200] "
        + "[--clients 8] [--seed N]";

    /// <summary>The time in which requests are sent.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Concurrent leases, each with its own requests.</summary>
    public int Leases { get; init; } = 1000;

    /// <summary>Devices, at least 10: nine of ten in memory, the others files in each mode.</summary>
    public int Devices { get; init; } = 200;

    /// <summary>Clients of network disks, each with several requests in flight and simple replies.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Determines the requests of every worker, but not their order.</summary>
    public int Seed { get; init; } = Random.Shared.Next();

    /// <summary>The time between two samples.</summary>
    public TimeSpan Interval => Duration / 40;

    /// <summary>Parses the command line.</summary>
    /// <exception cref="FormatException">The message names the argument and the valid values.</exception>
    public static SoakSettings Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var settings = new SoakSettings();
        for (var index = 0; index < arguments.Count; index += 2)
        {
            var (name, value) = (arguments[index], index + 1 < arguments.Count ? arguments[index + 1] : "");
            settings = name switch
            {
                "--duration" => settings with { Duration = DurationOf(value) },
                "--leases" => settings with { Leases = NumberOf(name, value, least: 1) },
                "--devices" => settings with { Devices = NumberOf(name, value, least: 10) },
                "--clients" => settings with { Clients = NumberOf(name, value, least: 0) },
                "--seed" => settings with { Seed = NumberOf(name, value, least: 0) },
                _ => throw new FormatException($"Unknown option '{name}'. {Usage}"),
            };
        }

        return settings;
    }

    private static TimeSpan DurationOf(string text) =>
        DurationSyntax.TryParse(text, out var duration) && duration >= TimeSpan.FromSeconds(1)
            ? duration
            : throw new FormatException($"--duration '{text}' is not a duration of 1s or more, such as 90s or 10m.");

    private static int NumberOf(string name, string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"{name} '{text}' is not a number of {least} or more.");
}
