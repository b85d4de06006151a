using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using DmIo.Memory;
using DmIo.Nbd;
using DmIo.Nbd.Server;

namespace DmIo.Cli;

/// <summary>What <c>dmio serve</c> takes: what to serve, where, to whom, and what to bear with.</summary>
internal static class ServeArguments
{
    private static readonly NbdServerLimits Defaults = new();

    private static readonly Option<ExportArgument[]> Export = new("--export", "-e")
    {
        Description = "What to serve: NAME=DEVICE, or NAME=DEVICE,DEVICE,... for copies that are written together. "
            + "DEVICE is a path, mem:SIZE, null:SIZE, a URI (nbd://host/name), or a device's name from --config. "
            + "Repeat for more.",
        HelpName = "NAME=DEVICE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => Cli.Options.ReadAll(result, ExportArgument.Parse),
    };

    private static readonly Option<IPEndPoint[]> Listen = new("--listen", "-l")
    {
        Description = "An address and a port (0: any free one). Repeat for more. [default: 127.0.0.1:10809, "
            + "unless --unix]",
        HelpName = "ADDRESS:PORT",
        CustomParser = result => Cli.Options.ReadAll(result, NbdAddress.ParseIP),
    };

    private static readonly Option<UnixDomainSocketEndPoint[]> Unix = new("--unix", "-u")
    {
        Description = "A unix socket, for its own user (mode 0600). One that a dead process left is replaced. Repeat "
            + "for more.",
        HelpName = "PATH",
        CustomParser = result => Cli.Options.ReadAll(result, NbdAddress.ParsePath),
    };

    private static readonly Option<string?> Default = new("--default")
    {
        Description = "The export of clients that name none. [default: the only one]",
        HelpName = "NAME",
    };

    private static readonly Option<bool> ReadOnly = new("--read-only")
    {
        Description = "Open devices for reading; clients' writes are refused.",
    };

    private static readonly Option<int?> Pages = Cli.Options.NewNumber(
        "--pages",
        64,
        int.MaxValue,
        $"Memory of each export for all its clients, in pages of {Page.SizeBytes} bytes. [default: 4096]");

    private static readonly Option<int?> Connections = Cli.Options.NewNumber(
        "--max-connections",
        1,
        65536,
        "Clients' connections at once. Fewer where ulimit -n is low: an eighth of it, 32 to 64, is kept for devices. "
            + $"[default: {Defaults.Connections}]");

    private static readonly Option<int?> InFlight = Cli.Options.NewNumber(
        "--max-in-flight", 1, 65536, $"Requests of one connection at once. [default: {Defaults.RequestsInFlight}]");

    private static readonly Option<TimeSpan?> Handshake = Cli.Options.NewDuration(
        "--handshake-timeout", "How long a client may take to say what it wants. [default: 10s]");

    private static readonly Option<TimeSpan?> Idle = Cli.Options.NewDuration(
        "--idle-timeout", "Close connections that ask for nothing for so long. [default: never]");

    private static readonly Option<TimeSpan?> Drain = Cli.Options.NewDuration(
        "--drain", "How long requests in flight may take at the end. [default: 10s]");

    internal static IReadOnlyList<Option> Options { get; } =
    [
        Export, Listen, Unix, Default, ReadOnly, .. ServeTls.Options, Pages, Connections, InFlight, Handshake, Idle,
        Drain, Cli.Options.Create, .. DeviceAccess.Options, Cli.Options.Monitor, Cli.Options.Json, Cli.Options.Config,
        Cli.Options.Verbose,
    ];

    /// <exception cref="RefusedException">Two have one name, or the default is none of them.</exception>
    internal static IReadOnlyList<NbdExport> ExportsOf(ParseResult parsed)
    {
        var arguments = parsed.GetRequiredValue(Export);
        if (arguments.CountBy(export => export.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1)
            is { Value: > 1 } twice)
        {
            throw new RefusedException(
                $"--export '{twice.Key}' is there {twice.Value} times; say NAME=DEVICE,DEVICE for copies, or other "
                + "names.");
        }

        var fallback = parsed.GetValue(Default) ?? (arguments is [var only] ? only.Name : null);
        if (fallback is not null && !Array.Exists(arguments, export => export.Name == fallback))
        {
            throw new RefusedException(
                $"--default '{fallback}' is no export; there are {string.Join(", ", arguments.Select(Quoted))}.");
        }

        return [.. arguments.Select(export => new NbdExport
        {
            Name = export.Name,
            Devices = export.Devices,
            IsReadOnly = parsed.GetValue(ReadOnly),
            IsDefault = export.Name == fallback,
            Pages = parsed.GetValue(Pages) ?? new NbdExport { Name = "", Devices = [] }.Pages,
        })];

        static string Quoted(ExportArgument export) => $"'{export.Name}'";
    }

    /// <exception cref="RefusedException">--create with --read-only.</exception>
    internal static DeviceAccess AccessOf(ParseResult parsed)
    {
        if (!parsed.GetValue(ReadOnly))
        {
            return DeviceAccess.Writing(parsed, parsed.GetValue(Cli.Options.Create)) with { MayBeMissing = true };
        }

        return parsed.GetValue(Cli.Options.Create) is null
            ? DeviceAccess.Reading(parsed) with { MayBeMissing = true }
            : throw new RefusedException("--read-only creates no file; leave out --create.");
    }

    /// <exception cref="RefusedException">Others could read and write along; or the TLS options do not go
    /// together.</exception>
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
