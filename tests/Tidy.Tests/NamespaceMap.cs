namespace Tidy.Tests;

/// <summary>The allowed uses between the namespaces of a project. Uses of other projects are defined by the project
/// references.</summary>
internal static class NamespaceMap
{
    public static Dictionary<string, string[]> Allowed { get; } = new(StringComparer.Ordinal)
    {
        ["DmIo"] = [],
        ["DmIo.Io"] = [],
        ["DmIo.Native"] = ["DmIo.Io"],
        ["DmIo.Memory"] = ["DmIo", "DmIo.Io"],
        ["DmIo.Devices"] = ["DmIo", "DmIo.Io", "DmIo.Memory", "DmIo.Native"],
        ["DmIo.Devices.Transfer"] = ["DmIo", "DmIo.Devices", "DmIo.Io", "DmIo.Memory"],
        ["DmIo.Devices.Faults"] = ["DmIo.Devices", "DmIo.Io", "DmIo.Memory"],
        ["DmIo.Devices.Stores"] = ["DmIo", "DmIo.Devices", "DmIo.Io", "DmIo.Memory", "DmIo.Native"],
        ["DmIo.Devices.IoUring"] =
        [
            "DmIo",
            "DmIo.Devices",
            "DmIo.Devices.Stores",
            "DmIo.Io",
            "DmIo.Memory",
            "DmIo.Native",
        ],
        ["DmIo.Devices.Files"] =
        [
            "DmIo",
            "DmIo.Devices",
            "DmIo.Devices.IoUring",
            "DmIo.Devices.Stores",
            "DmIo.Io",
            "DmIo.Memory",
            "DmIo.Native",
        ],

        ["DmIo.Actors.Dispatch"] = [],
        ["DmIo.Actors.Scheduling"] = [],
        ["DmIo.Actors.Protocol"] = ["DmIo.Actors.Scheduling"],
        ["DmIo.Actors.Telemetry"] = ["DmIo.Actors.Protocol", "DmIo.Actors.Scheduling"],
        ["DmIo.Actors.Configuration"] = ["DmIo.Actors.Protocol", "DmIo.Actors.Scheduling"],
        ["DmIo.Actors.Devices"] =
        [
            "DmIo.Actors.Configuration",
            "DmIo.Actors.Protocol",
            "DmIo.Actors.Scheduling",
            "DmIo.Actors.Telemetry",
        ],
        ["DmIo.Actors.Requests"] =
        [
            "DmIo.Actors.Devices",
            "DmIo.Actors.Protocol",
            "DmIo.Actors.Scheduling",
            "DmIo.Actors.Telemetry",
        ],
        ["DmIo.Actors.Leases"] =
        [
            "DmIo.Actors.Configuration",
            "DmIo.Actors.Devices",
            "DmIo.Actors.Protocol",
            "DmIo.Actors.Requests",
            "DmIo.Actors.Telemetry",
        ],
        ["DmIo.Actors.Service"] =
        [
            "DmIo.Actors.Configuration",
            "DmIo.Actors.Devices",
            "DmIo.Actors.Leases",
            "DmIo.Actors.Protocol",
            "DmIo.Actors.Telemetry",
        ],
        ["DmIo.Actors.Client"] =
        [
            "DmIo.Actors.Configuration",
            "DmIo.Actors.Devices",
            "DmIo.Actors.Protocol",
            "DmIo.Actors.Requests",
            "DmIo.Actors.Scheduling",
            "DmIo.Actors.Service",
            "DmIo.Actors.Telemetry",
        ],

        ["DmIo.AspNetCore"] = ["DmIo.AspNetCore.Endpoints"],
        ["DmIo.AspNetCore.Documents"] = [],
        ["DmIo.AspNetCore.Endpoints"] = ["DmIo.AspNetCore.Documents"],

        ["DmIo.Cli.Exit"] = [],
        ["DmIo.Cli.Streams"] = ["DmIo.Cli.Exit"],
        ["DmIo.Cli.Reports"] = ["DmIo.Cli.Exit", "DmIo.Cli.Streams"],
        ["DmIo.Cli.Arguments"] = ["DmIo.Cli.Exit"],
        ["DmIo.Cli.Service"] =
            ["DmIo.Cli.Arguments", "DmIo.Cli.Exit", "DmIo.Cli.Reports", "DmIo.Cli.Streams"],
        ["DmIo.Cli.Transfer"] =
            ["DmIo.Cli.Exit", "DmIo.Cli.Reports", "DmIo.Cli.Service", "DmIo.Cli.Streams"],
        ["DmIo.Cli.Bench"] = ["DmIo.Cli.Exit", "DmIo.Cli.Reports", "DmIo.Cli.Transfer"],
        ["DmIo.Cli.Http"] =
            ["DmIo.Cli.Arguments", "DmIo.Cli.Exit", "DmIo.Cli.Reports", "DmIo.Cli.Service"],
        ["DmIo.Cli.Top"] = ["DmIo.Cli.Exit", "DmIo.Cli.Http", "DmIo.Cli.Reports", "DmIo.Cli.Streams"],
        ["DmIo.Cli.Commands"] =
        [
            "DmIo.Cli.Arguments",
            "DmIo.Cli.Bench",
            "DmIo.Cli.Exit",
            "DmIo.Cli.Http",
            "DmIo.Cli.Reports",
            "DmIo.Cli.Service",
            "DmIo.Cli.Streams",
            "DmIo.Cli.Top",
            "DmIo.Cli.Transfer",
        ],
        ["DmIo.Cli"] =
        [
            "DmIo.Cli.Arguments",
            "DmIo.Cli.Commands",
            "DmIo.Cli.Exit",
            "DmIo.Cli.Reports",
            "DmIo.Cli.Service",
            "DmIo.Cli.Streams",
        ],

        ["DmIo.Hosting"] = ["DmIo.Hosting.Configuration", "DmIo.Hosting.Health", "DmIo.Hosting.Servers"],
        ["DmIo.Hosting.Configuration"] = ["DmIo.Hosting.Servers"],
        ["DmIo.Hosting.Health"] = [],
        ["DmIo.Hosting.Servers"] = [],

        ["DmIo.Nbd"] = ["DmIo.Nbd.Protocol"],
        ["DmIo.Nbd.Client"] = ["DmIo.Nbd", "DmIo.Nbd.Protocol", "DmIo.Nbd.Transport"],
        ["DmIo.Nbd.Protocol"] = [],
        ["DmIo.Nbd.Server"] =
        [
            "DmIo.Nbd", "DmIo.Nbd.Protocol", "DmIo.Nbd.Server.Exports", "DmIo.Nbd.Server.Handshake",
            "DmIo.Nbd.Server.Requests", "DmIo.Nbd.Transport",
        ],
        ["DmIo.Nbd.Server.Exports"] = ["DmIo.Nbd.Protocol"],
        ["DmIo.Nbd.Server.Handshake"] = ["DmIo.Nbd.Protocol", "DmIo.Nbd.Server.Exports", "DmIo.Nbd.Transport"],
        ["DmIo.Nbd.Server.Requests"] = ["DmIo.Nbd.Protocol", "DmIo.Nbd.Server.Exports", "DmIo.Nbd.Transport"],
        ["DmIo.Nbd.Transport"] = [],

        ["DmIo.TestKit.Crashes"] = [],
        ["DmIo.TestKit.Oracle"] = ["DmIo.TestKit.Simulation"],
        ["DmIo.TestKit.Simulation"] = [],

        ["DmIo.Volumes"] = ["DmIo.Volumes.Record"],
        ["DmIo.Volumes.Actors"] =
        [
            "DmIo.Volumes",
            "DmIo.Volumes.Maps",
            "DmIo.Volumes.Protocol",
            "DmIo.Volumes.Record",
            "DmIo.Volumes.Sync",
            "DmIo.Volumes.Voters",
            "DmIo.Volumes.Writing",
        ],
        ["DmIo.Volumes.Client"] = ["DmIo.Volumes", "DmIo.Volumes.Actors", "DmIo.Volumes.Configuration"],
        ["DmIo.Volumes.Configuration"] = ["DmIo.Volumes", "DmIo.Volumes.Actors"],
        ["DmIo.Volumes.Dump"] =
            ["DmIo.Volumes", "DmIo.Volumes.Actors", "DmIo.Volumes.Maps", "DmIo.Volumes.Record"],
        ["DmIo.Volumes.Maps"] = ["DmIo.Volumes.Record"],
        ["DmIo.Volumes.Protocol"] = ["DmIo.Volumes.Record"],
        ["DmIo.Volumes.Record"] = [],
        ["DmIo.Volumes.Sync"] =
            ["DmIo.Volumes", "DmIo.Volumes.Maps", "DmIo.Volumes.Record", "DmIo.Volumes.Writing"],
        ["DmIo.Volumes.Voters"] = ["DmIo.Volumes.Protocol", "DmIo.Volumes.Record"],
        ["DmIo.Volumes.Writing"] =
            ["DmIo.Volumes", "DmIo.Volumes.Maps", "DmIo.Volumes.Protocol", "DmIo.Volumes.Record"],
    };

    /// <summary>Whether the file belongs to a project whose namespaces are on the map.</summary>
    public static bool Covers(string file) =>
        file.StartsWith("src/") && Allowed.Keys.Any(name => AreOneProject(name, NamespaceGraph.FolderOf(file)));

    public static bool AreOneProject(string one, string other) => ProjectOf(one) == ProjectOf(other);

    private static string ProjectOf(string name) => Projects
        .Where(project => name == project || name.StartsWith(project + ".", StringComparison.Ordinal))
        .MaxBy(project => project.Length)!;

    private static readonly string[] Projects =
        [.. SourceTree.Projects.Select(Path.GetFileNameWithoutExtension).OfType<string>()];
}
