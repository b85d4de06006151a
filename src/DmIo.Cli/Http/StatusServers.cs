using System.CommandLine;
using System.Net;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Service;
using DmIo.Native;
using DmIo.Nbd;

namespace DmIo.Cli.Http;

/// <summary>The options <c>--monitor</c> and <c>--http</c>, and the settings that they override.</summary>
internal static class StatusServers
{
    private static readonly Option<string?> Monitor = new("--monitor")
    {
        Description = "Unix socket for dmio top and dmio volume --node, with mode 0600: the status of the service by "
            + "HTTP.",
        HelpName = "PATH",
    };

    private static readonly Option<IPEndPoint[]> Http = new("--http")
    {
        Description = "Loopback address and port on which the status of the service can be read by HTTP, with metrics "
            + "for Prometheus (/metrics).",
        HelpName = "ADDRESS:PORT",
        CustomParser = result => OptionValues.ReadAll(result, NbdAddress.ParseIP),
    };

    /// <summary>The assemblies of ASP.NET Core have two descriptors each; without one, the runtime fails at arbitrary
    /// places.</summary>
    private const int MinDescriptors = 400;

    internal static IReadOnlyList<Option> Options { get; } = [Monitor, Http];

    /// <summary>Starts the servers of the options, else those of <c>dmio.http</c>.</summary>
    /// <exception cref="RefusedException">A server cannot listen on its address.</exception>
    internal static async Task<IAsyncDisposable> StartAsync(DeviceSession session, ParseResult parsed)
    {
        var servers = new Started();
        try
        {
            var settings = session.Service.Settings;
            if (parsed.GetResult(Monitor) is not null || parsed.GetResult(Http) is { Implicit: false }
                || settings.HttpSocket is not null || settings.HttpListen is not null)
            {
                RequireDescriptors();
            }

            if ((parsed.GetValue(Monitor) ?? settings.HttpSocket) is { } path)
            {
                var setting = parsed.GetValue(Monitor) is null ? "dmio.http.socket" : "--monitor";
                servers.Add(path.Length == 0
                    ? throw new RefusedException("--monitor '' is empty; give the path of a socket.")
                    : await StatusServer.StartAsync(session.System, path, setting));
            }

            var addresses = parsed.GetValue(Http) ?? [];
            foreach (var address in addresses)
            {
                servers.Add(await StatusServer.StartAsync(session.System, address, "--http"));
            }

            if (addresses.Length == 0 && settings.HttpListen is { } text)
            {
                servers.Add(await StatusServer.StartAsync(session.System, Parse(text), "dmio.http.listen"));
            }

            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    private static void RequireDescriptors()
    {
        if (LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit < MinDescriptors)
        {
            throw new RefusedException(
                $"this process may open {limit} descriptors (RLIMIT_NOFILE), and --monitor and --http need at least "
                + $"{MinDescriptors}. Raise the limit, for example to 512 (ulimit -n 512).");
        }
    }

    private static IPEndPoint Parse(string text)
    {
        try
        {
            return NbdAddress.ParseIP(text);
        }
        catch (FormatException fault)
        {
            throw new RefusedException($"dmio.http.listen: {fault.Message}", fault);
        }
    }

    private sealed class Started : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> servers = [];

        internal void Add(IAsyncDisposable server) => servers.Add(server);

        public async ValueTask DisposeAsync()
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
