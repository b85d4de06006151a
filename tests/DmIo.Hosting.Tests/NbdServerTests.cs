using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Hosting.Servers;
using DmIo.Io;
using DmIo.Nbd.Server;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>NBD servers with the lifetime of a host.</summary>
public sealed class NbdServerTests
{
    private const string AnyPort = "127.0.0.1:0";

    [Fact]
    public async Task It_serves_its_exports_when_the_host_has_started()
    {
        await using var host = await StartAsync(akka => akka.WithNbdServer("one", OneDisk));

        var status = await ServersOf(host)["one"].GetStatusAsync();

        Assert.Equal(
            ("disk", ByteSize.FromMiB(1)), (Assert.Single(status.Exports).Export.Name, status.Exports[0].Size));
        using var client = await ConnectAsync(ServersOf(host)["one"].EndPoints[0]);
    }

    [Fact]
    public async Task Its_port_is_closed_when_the_host_has_stopped()
    {
        await using var host = await StartAsync(akka => akka.WithNbdServer("one", OneDisk));
        var endPoint = ServersOf(host)["one"].EndPoints[0];

        await host.StopAsync();

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(endPoint));
    }

    [Fact]
    public async Task Exports_are_added_and_removed_while_the_host_runs()
    {
        await using var host = await StartAsync(akka => akka.WithNbdServer("one", server => server.Listen(AnyPort)));
        var server = ServersOf(host)["one"];

        await server.AddExportAsync(new NbdExport { Name = "disk", Device = "disk" });
        Assert.Single((await server.GetStatusAsync()).Exports);
        await server.RemoveExportAsync("disk");

        Assert.Empty((await server.GetStatusAsync()).Exports);
    }

    [Fact]
    public async Task A_host_may_have_several_servers()
    {
        await using var host = await StartAsync(akka => akka
            .WithNbdServer("one", OneDisk)
            .WithNbdServer("two", server => server.Listen(AnyPort).Export("other", "disk")));

        Assert.Equal(["one", "two"], ServersOf(host).Names);
        var exports = (await ServersOf(host)["two"].GetStatusAsync()).Exports;
        Assert.Equal("other", Assert.Single(exports).Export.Name);
    }

    [Fact]
    public async Task A_missing_device_fails_the_start_of_the_host()
    {
        var refused = await Assert.ThrowsAsync<IoRefusedException>(() => StartAsync(akka =>
            akka.WithNbdServer("one", server => server.Listen(AnyPort).Export("disk", "none"))));

        Assert.Contains("none", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_of_a_missing_device_is_offered_when_the_device_is_attached()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var host = await StartAsync(akka => akka
            .WithDmIo(dmio => dmio.AddFile("gone", path, file => file.OnMissing = MissingDevicePolicy.Skip))
            .WithNbdServer("one", server => server.Listen(AnyPort).Export("disk", "disk").Export("late", "gone")));
        var server = ServersOf(host)["one"];
        Assert.Equal("disk", Assert.Single((await server.GetStatusAsync()).Exports).Export.Name);

        await host.Service.AttachAsync("gone", new MemoryDevice(ByteSize.FromMiB(1)));

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await server.GetStatusAsync(limit.Token)).Exports.Count < 2)
        {
            await Task.Delay(10, limit.Token);
        }

        using var client = await ConnectAsync(server.EndPoints[0]);
    }

    [Theory]
    [InlineData("exports.disk { device = disk, pages = 1 }", "at least 64")]
    [InlineData("limits.receive = 0s", "00:00:00")]
    [InlineData("listen = [\"0.0.0.0:0\"]", "TLS")]
    public async Task An_invalid_setting_of_a_server_fails_the_start_with_its_path(string setting, string named)
    {
        var fault = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(akka => akka
            .AddHocon($"dmio.nbd-servers.one {{ listen = [\"{AnyPort}\"]\n{setting}\n }}", HoconAddMode.Prepend)));

        Assert.StartsWith("dmio.nbd-servers.one ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task If_one_server_cannot_start_no_other_accepts_clients()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var endPoint = (IPEndPoint)free.LocalEndpoint;
        free.Stop();

        await Assert.ThrowsAsync<IoRefusedException>(() => StartAsync(akka => akka
            .WithNbdServer("one", server => server.Listen(endPoint.ToString()))
            .WithNbdServer("two", server => server.Listen(AnyPort).Export("disk", "none"))));

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(endPoint));
    }

    [Fact]
    public void Before_the_start_no_server_is_available()
    {
        using var host = TestHost.Build(
            akka => akka.WithNbdServer("one", OneDisk), services => services.AddDmIo());

        Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<HostedNbdServers>()["one"]);
    }

    [Fact]
    public async Task An_actor_starter_may_attach_the_devices_of_a_server_that_is_added_before_it()
    {
        await using var host = await TestHost.StartAsync(
            akka => akka
                .WithDmIo()
                .WithNbdServer("one", server => server.Listen(AnyPort).Export("disk", "late"))
                .WithActors((ActorStarter)((system, _) =>
                    DmIoService.For(system).AttachAsync("late", new MemoryDevice(ByteSize.FromMiB(1))))),
            services => services.AddDmIo());

        var status = await ServersOf(host)["one"].GetStatusAsync();
        Assert.Equal(ByteSize.FromMiB(1), Assert.Single(status.Exports).Size);
    }

    [Fact]
    public async Task A_server_is_configured_by_hocon_with_every_key()
    {
        await using var host = await StartAsync(akka => akka.AddHocon(
            """
            dmio.nbd-servers.one {
              listen = ["127.0.0.1:0"]
              limits {
                idle = 3m
                option-size = 8KiB
              }
              exports {
                disk {
                  device = disk
                  read-only = on
                  description = "for reading"
                  default = on
                  pages = 128
                }
              }
            }
            """,
            HoconAddMode.Append));

        var export = Assert.Single((await ServersOf(host)["one"].GetStatusAsync()).Exports).Export;

        Assert.Equal(
            ("disk", true, "for reading", true, 128),
            (export.Name, export.IsReadOnly, export.Description, export.IsDefault, export.Pages));
    }

    [Fact]
    public async Task A_server_is_configured_by_a_configuration_section()
    {
        var section = TestHost.Configuration(
            ("NbdServers:one:Listen:0", AnyPort),
            ("NbdServers:one:Exports:a.b:Device", "disk"),
            ("NbdServers:one:Exports:a.b:ReadOnly", "True"));

        await using var host = await StartAsync(akka => akka.WithDmIo(section));

        var export = Assert.Single((await ServersOf(host)["one"].GetStatusAsync()).Exports).Export;
        Assert.Equal(("a.b", true), (export.Name, export.IsReadOnly));
    }

    [Theory]
    [InlineData("listen = [\"127.0.0.1:99999\"]", "dmio.nbd-servers.one.listen[0] is '127.0.0.1:99999'")]
    [InlineData("limits.idle = 5", "dmio.nbd-servers.one.limits.idle is '5'")]
    [InlineData("exports.disk.pages = 64", "dmio.nbd-servers.one.exports.disk.device is missing")]
    [InlineData("exports.disk.devices = [disk]", "dmio.nbd-servers.one.exports.disk.devices: no such key")]
    [InlineData("tls.mode = required", "dmio.nbd-servers.one.tls has no certificate")]
    [InlineData("tls.key = \"key.pem\"", "dmio.nbd-servers.one.tls.mode is 'off'")]
    [InlineData("idle = 5s", "dmio.nbd-servers.one.idle: no such key")]
    public async Task An_invalid_setting_of_a_server_is_named_before_a_device_is_opened(string setting, string message)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => TestHost.StartAsync(akka => akka
            .WithDmIo(dmio => dmio.AddFile("file", path, file => file.CreateSize = ByteSize.FromKiB(4)))
            .AddHocon("dmio.nbd-servers.one.listen = [\"127.0.0.1:0\"]", HoconAddMode.Append)
            .AddHocon($"dmio.nbd-servers.one.{setting}", HoconAddMode.Prepend)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Limits_and_tls_from_code_are_checked_as_from_hocon()
    {
        var tls = new NbdTlsOptions { CertificateFile = "", KeyFile = "key.pem" };

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(akka => akka
            .WithNbdServer("one", server => server.Listen(AnyPort).Tls = tls)));

        Assert.Equal("dmio.nbd-servers.one.tls has no certificate. TLS needs both.", error.Message);
    }

    [Fact]
    public async Task A_client_permission_for_an_unknown_export_is_logged_as_a_warning()
    {
        var home = Directory.CreateTempSubdirectory("dmio-hosting-");
        try
        {
            var tls = NewTls(home) with
            {
                ClientExports = new Dictionary<string, IReadOnlyList<string>> { ["alice"] = ["disk", "disc"] },
            };
            Inbox? warnings = null;

            await using var host = await StartAsync(akka => akka
                .AddHocon("akka.loglevel = WARNING", HoconAddMode.Prepend)
                .WithActors((system, _) =>
                {
                    warnings = Inbox.Create(system);
                    system.EventStream.Subscribe(warnings.Receiver, typeof(Warning));
                })
                .WithNbdServer("one", server =>
                {
                    OneDisk(server);
                    server.Tls = tls;
                }));

            var warning = (Warning)await warnings!.ReceiveAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(
                "The NBD server 'one' allows the client 'alice' the export 'disc', which is not configured.",
                warning.Message.ToString());
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    /// <summary>Options with a certificate that is its own authority.</summary>
    private static NbdTlsOptions NewTls(DirectoryInfo home)
    {
        var (certificateFile, keyFile) = (Path.Combine(home.FullName, "cert"), Path.Combine(home.FullName, "key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return new NbdTlsOptions
        {
            CertificateFile = certificateFile,
            KeyFile = keyFile,
            ClientAuthorityFile = certificateFile,
        };
    }

    private static void OneDisk(DmIoNbdServerOptions server) => server.Listen(AnyPort).Export("disk", "disk");

    private static HostedNbdServers ServersOf(TestHost host) => host.Services.GetRequiredService<HostedNbdServers>();

    private static Task<TestHost> StartAsync(Action<AkkaConfigurationBuilder> configure) => TestHost.StartAsync(
        akka =>
        {
            akka.WithDmIo(dmio => dmio.AddMemory("disk", ByteSize.FromMiB(1)));
            configure(akka);
        },
        services => services.AddDmIo());

    private static async Task<Socket> ConnectAsync(EndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint);
        return socket;
    }
}
