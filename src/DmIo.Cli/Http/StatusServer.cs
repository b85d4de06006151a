using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Actor;
using DmIo.AspNetCore;
using DmIo.Cli.Exit;
using DmIo.Hosting;
using DmIo.Native;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace DmIo.Cli.Http;

/// <summary>
/// The status of a service by HTTP, on Kestrel: on a unix socket of mode 0600, where its user may also change open
/// volumes, or on a loopback address, where nothing can be changed.
/// </summary>
/// <remarks>Bounded: the number of connections, the headers and the bodies are limited. Callers that do not start a
/// server load no assembly of ASP.NET Core.</remarks>
internal sealed class StatusServer : IAsyncDisposable
{
    private const int Backlog = 64;
    private const int MaxConnections = 64;
    private const int MaxBodyBytes = 128 << 10;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly WebApplication application;
    private readonly UnixListener? listener;

    private StatusServer(WebApplication application, UnixListener? listener)
    {
        this.application = application;
        this.listener = listener;
    }

    /// <summary>Serves on a unix socket.</summary>
    /// <param name="system">The actor system of the service.</param>
    /// <param name="path">The path. The socket of a dead process is replaced.</param>
    /// <param name="setting">The option or setting, for error messages.</param>
    /// <exception cref="RefusedException">The server cannot listen on the path.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static async Task<IAsyncDisposable> StartAsync(ActorSystem system, string path, string setting)
    {
        var unix = Listen(path, setting);
        try
        {
            return await StartAsync(
                system, new UnixDomainSocketEndPoint(Path.GetFullPath(path)), unix, isReadOnly: false);
        }
        catch
        {
            unix.Dispose();
            throw;
        }
    }

    /// <summary>Serves on an address of this machine.</summary>
    /// <param name="system">The actor system of the service.</param>
    /// <param name="address">A loopback address.</param>
    /// <param name="setting">The option or setting, for error messages.</param>
    /// <exception cref="RefusedException">The address is not loopback, or is in use.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static async Task<IAsyncDisposable> StartAsync(ActorSystem system, IPEndPoint address, string setting)
    {
        if (!IPAddress.IsLoopback(address.Address))
        {
            throw new RefusedException(
                $"{setting} is '{address}', which other machines can reach, and the connection is not encrypted; give "
                + "an address of this machine, such as 127.0.0.1:8080.");
        }

        try
        {
            return await StartAsync(system, address, unix: null, isReadOnly: true);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            throw new RefusedException(
                $"{setting} is '{address}', on which dmio cannot listen: {fault.Message}", fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Requests in progress are canceled when the stop begins.
        using var limit = new CancellationTokenSource(StopLimit);
        listener?.Dispose();
        await application.StopAsync(limit.Token);
        await application.DisposeAsync();
    }

    private static UnixListener Listen(string path, string setting)
    {
        try
        {
            return new UnixListener(new UnixDomainSocketEndPoint(Path.GetFullPath(path)), Backlog);
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or PlatformNotSupportedException)
        {
            throw new RefusedException(
                $"{setting} is '{path}', on which dmio cannot listen: {fault.Message}", fault);
        }
    }

    private static async Task<StatusServer> StartAsync(
        ActorSystem system, EndPoint endPoint, UnixListener? unix, bool isReadOnly)
    {
        // Empty: reads no file and no variable of the environment, and handles no signal.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(system);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics =>
            metrics.AddDmIoInstrumentation().AddPrometheusExporter());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Listen(endPoint);
        });
        if (unix is not null)
        {
            builder.Services.Configure<SocketTransportOptions>(
                options => options.CreateBoundListenSocket = _ => unix.Socket);
        }
        else
        {
            // A page of another site reaches this address by a name of its own.
            builder.Services.AddHostFiltering(
                options => options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
        }

        var built = builder.Build();
        if (isReadOnly)
        {
            built.UseHostFiltering();
        }

        built.MapDmIo(options => options.AllowOperations = !isReadOnly);
        built.MapPrometheusScrapingEndpoint("/metrics");
        try
        {
            await built.StartAsync();
        }
        catch
        {
            await built.DisposeAsync();
            throw;
        }

        return new StatusServer(built, unix);
    }

    /// <summary>The command handles the signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
