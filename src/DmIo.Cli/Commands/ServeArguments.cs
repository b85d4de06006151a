using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Service;
using DmIo.Memory;
using DmIo.Nbd;
using DmIo.Nbd.Server;

namespace DmIo.Cli.Commands;

/// <summary>The options of <c>dmio serve</c>: exports, addresses, access and limits.</summary>
internal static class ServeArguments
{
    private static readonly NbdServerLimits Defaults = new();

    private static readonly Option<ExportArgument[]> Export = new("--export", "-e")
    {
        Description = "An export: NAME=DEVICE. "
            + "DEVICE is a path, mem:SIZE, null:SIZE, a URI (nbd://host/name), a volume (vol:DEVICE,DEVICE), or the "
            + "name of a device in --config. Repeat for more exports.",
        HelpName = "NAME=DEVICE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => OptionValues.ReadAll(result, ExportArgument.Parse),
    };

    private static readonly Option<IPEndPoint[]> Listen = new("--listen", "-l")
    {
        Description = "Address and port (0: a free port). Repeat for more addresses. [default: 127.0.0.1:10809, "
            + "unless --unix]",
        HelpName = "ADDRESS:PORT",
        CustomParser = result => OptionValues.ReadAll(result, NbdAddress.ParseIP),
    };

    private static readonly Option<UnixDomainSocketEndPoint[]> Unix = new("--unix", "-u")
    {
        Description = "Unix socket, with mode 0600. The socket of a dead process is replaced. Repeat for more "
            + "sockets.",
        HelpName = "PATH",
        CustomParser = result => OptionValues.ReadAll(result, NbdAddress.ParsePath),
    };

    private static readonly Option<string?> Default = new("--default")
    {
        Description = "Export for clients that request no name. [default: the only export]",
        HelpName = "NAME",
    };

    private static readonly Option<bool> ReadOnly = new("--read-only")
    {
        Description = "Open devices for reading; writes of clients are refused.",
    };

    private static readonly Option<int?> Pages = OptionValues.NewNumber(
        "--pages",
        64,
        int.MaxValue,
        $"Memory of each export for all its clients, in pages of {Page.SizeBytes} bytes. [default: 4096]");

    private static readonly Option<int?> Connections = OptionValues.NewNumber(
        "--max-connections",
        1,
        65536,
        "Client connections at a time. Fewer if ulimit -n is low: an eighth of it, 32 to 64, is kept for devices. "
            + $"[default: {Defaults.Connections}]");

    private static readonly Option<int?> InFlight = OptionValues.NewNumber(
        "--max-in-flight", 1, 65536, $"Requests in flight of one connection. [default: {Defaults.RequestsInFlight}]");

    private static readonly Option<TimeSpan?> Handshake = OptionValues.NewDuration(
        "--handshake-timeout", "Time limit of the handshake. [default: 10s]");

    private static readonly Option<TimeSpan?> Idle = OptionValues.NewDuration(
        "--idle-timeout", "Close a connection without requests after this time. [default: never]");

    private static readonly Option<TimeSpan?> Drain = OptionValues.NewDuration(
        "--drain", "Time limit of the requests in flight when the server stops. [default: 10s]");

    internal static IReadOnlyList<Option> Options { get; } =
    [
        Export, Listen, Unix, Default, ReadOnly, .. ServeTls.Options, Pages, Connections, InFlight, Handshake, Idle,
        Drain, SharedOptions.Create, .. DeviceAccess.Options, .. StatusServers.Options, SharedOptions.Json,
        SharedOptions.Config, SharedOptions.Verbose,
    ];

    /// <exception cref="RefusedException">Two exports have one name, or the default is not an export.</exception>
    internal static IReadOnlyList<NbdExport> ExportsOf(ParseResult parsed)
    {
        var arguments = parsed.GetRequiredValue(Export);
        if (arguments.CountBy(export => export.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1)
            is { Value: > 1 } twice)
        {
            throw new RefusedException(
                $"--export '{twice.Key}' is given {twice.Value} times; give other names, or "
                + "NAME=vol:DEVICE,DEVICE for copies of one volume.");
        }

        var fallback = parsed.GetValue(Default) ?? (arguments is [var only] ? only.Name : null);
        if (fallback is not null && !Array.Exists(arguments, export => export.Name == fallback))
        {
            throw new RefusedException(
                $"--default '{fallback}' is not an export; the exports are "
                + $"{string.Join(", ", arguments.Select(Quoted))}.");
        }

        return [.. arguments.Select(export => new NbdExport
        {
            Name = export.Name,
            Device = export.Device,
            IsReadOnly = parsed.GetValue(ReadOnly),
            IsDefault = export.Name == fallback,
            Pages = parsed.GetValue(Pages) ?? new NbdExport { Name = "", Device = "" }.Pages,
        })];

        static string Quoted(ExportArgument export) => $"'{export.Name}'";
    }

    /// <exception cref="RefusedException">Both --create and --read-only are given.</exception>
    internal static DeviceAccess AccessOf(ParseResult parsed)
    {
        if (!parsed.GetValue(ReadOnly))
        {
            return DeviceAccess.Writing(parsed, parsed.GetValue(SharedOptions.Create)) with { MayBeMissing = true };
        }

        return parsed.GetValue(SharedOptions.Create) is null
            ? DeviceAccess.Reading(parsed) with { MayBeMissing = true }
            : throw new RefusedException("--read-only cannot create files; omit --create.");
    }

    /// <exception cref="RefusedException">The server would be open to other machines without TLS, or the TLS options
    /// are inconsistent.</exception>
    internal static NbdServerOptions ServerOf(ParseResult parsed)
    {
        var addresses = parsed.GetValue(Listen) ?? [];
        var sockets = parsed.GetValue(Unix) ?? [];
        if (addresses.Length + sockets.Length == 0)
        {
            addresses = [new IPEndPoint(IPAddress.Loopback, NbdAddress.DefaultPort)];
        }

        var tls = ServeTls.Of(parsed);
        ServeTls.RequirePrivacy(parsed, addresses, tls);
        return new NbdServerOptions
        {
            EndPoints = [.. addresses, .. sockets],
            Tls = tls,
            AllowsInsecure = ServeTls.IsInsecure(parsed),
            Limits = Defaults with
            {
                Connections = parsed.GetValue(Connections) ?? Defaults.Connections,
                RequestsInFlight = parsed.GetValue(InFlight) ?? Defaults.RequestsInFlight,
                Handshake = parsed.GetValue(Handshake) ?? Defaults.Handshake,
                Idle = parsed.GetValue(Idle) ?? Defaults.Idle,
                Drain = parsed.GetValue(Drain) ?? Defaults.Drain,
            },
        };
    }
}
