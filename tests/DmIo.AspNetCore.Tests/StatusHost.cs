using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DmIo.AspNetCore.Tests;

/// <summary>An ASP.NET Core application with the service and its endpoint, on a unix socket.</summary>
internal sealed class StatusHost : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly ActorSystem system;

    private StatusHost(WebApplication application, ActorSystem system, string folder)
    {
        this.application = application;
        this.system = system;
        Folder = folder;
        Client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, end) => ConnectAsync(end) })
        {
            BaseAddress = new Uri($"http://localhost{DmIoEndpoints.Prefix}/"),
            Timeout = TimeSpan.FromMinutes(1),
        };
    }

    internal HttpClient Client { get; }

    internal string Folder { get; }

    internal DmIoService Service => DmIoService.For(system);

    private string SocketPath => Path.Combine(Folder, "socket");

    internal static async Task<StatusHost> StartAsync(
        bool allowOperations = true, bool startsService = true)
    {
        var folder = Directory.CreateTempSubdirectory("dmio-").FullName;
        var actors = ActorSystem.Create("test", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(actors);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Path.Combine(folder, "socket")));
        var built = builder.Build();
        built.MapDmIo(options => options.AllowOperations = allowOperations);
        await built.StartAsync();
        if (startsService)
        {
            _ = DmIoService.For(actors);
        }

        return new StatusHost(built, actors, folder);
    }

    /// <summary>Creates and opens a volume of devices in memory.</summary>
    internal async Task<Volume> OpenVolumeAsync(string name, params string[] legs)
    {
        await AttachAsync(legs);
        var options = new VolumeOptions { Name = name, Legs = [.. legs] };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(options);
    }

    internal async Task AttachAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Service.AttachAsync(name, new MemoryDevice(ByteSize.FromMiB(16)));
        }
    }

    internal async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await Client.GetByteArrayAsync(path)).RootElement;

    /// <summary>The status, and the detail of the problem or the lines of the answer.</summary>
    internal async Task<(int Status, string Text)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync(path, content);
        if (answer.IsSuccessStatusCode)
        {
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)answer.StatusCode, problem.GetProperty("detail").GetString()!);
    }

    /// <summary>Sends bytes; returns the beginning of the answer.</summary>
    internal async Task<string> SendRawAsync(byte[] request)
    {
        using var stream = await ConnectAsync(CancellationToken.None);
        var answer = new byte[4096];
        try
        {
            await stream.WriteAsync(request);
            ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
            var length = await stream.ReadAtLeastAsync(answer, 12, throwOnEndOfStream: false)
                .AsTask().WaitAsync(TimeSpan.FromMinutes(1));
            return Encoding.Latin1.GetString(answer, 0, length);
        }
        catch (IOException)
        {
            // The server has closed the connection.
            return "";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await application.DisposeAsync();
        await system.Terminate();
        Directory.Delete(Folder, recursive: true);
    }

    internal Task StopAsync() => application.StopAsync();

    private async ValueTask<Stream> ConnectAsync(CancellationToken end)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), end);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
