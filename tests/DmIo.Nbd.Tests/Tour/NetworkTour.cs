using System.Net.Sockets;
using Akka.TestKit.Xunit2;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Tour;

/// <summary>The examples of src/DmIo.Nbd/README.md. Tidy.Tests checks that the document shows this code.</summary>
public sealed class NetworkTour : TestKit
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dmio-tour-");

    [Fact]
    public async Task The_tour_does_what_the_readme_states()
    {
        var (system, watcher) = (Sys, TestActor);
        var socketPath = Path.Combine(folder.FullName, "socket");
        var data = Enumerable.Range(0, 4096).Select(index => (byte)(index * 7)).ToArray();
        var service = DmIoService.For(system);
        await service.AttachAsync("left", new MemoryDevice(ByteSize.FromMiB(4)));
        await service.AttachAsync("local", new MemoryDevice(ByteSize.FromMiB(4)));
        await using var client = await service.OpenAsync(pages: 64);

        var server = await NbdServer.StartAsync(
            system, new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(socketPath)] });
        await server.AddExportAsync(new NbdExport { Name = "disk", Device = "left", IsDefault = true });

        var remote = new NbdDeviceOptions { Uri = NbdUri.Parse($"nbd+unix:///disk?socket={socketPath}") };
        await service.AttachAsync("remote", await NbdDevice.OpenAsync(remote));

        IoRegion[] copies = [new("local", 0, 8), new("remote", 0, 8)];
        IoResult written = await client.WriteAsync(copies, data);
        written.ThrowIfFailed();

        system.EventStream.Subscribe(watcher, typeof(NbdDeviceEvents.NbdDeviceEvent));

        foreach (var device in new[] { "local", "remote", "left" })
        {
            var found = new byte[4096];
            Assert.True((await client.ReadAsync(new IoRegion(device, 0, 8), found)).IsOk);
            Assert.Equal(data, found);
        }

        await server.DisposeAsync();
        Assert.Equal("remote", ExpectMsg<NbdDeviceEvents.ConnectionLost>().Device);
        await service.DetachAsync("remote");
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        folder.Delete(recursive: true);
    }
}
