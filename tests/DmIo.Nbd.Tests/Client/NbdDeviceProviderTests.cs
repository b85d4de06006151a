using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>Exports as devices of a service, by configuration and by URI.</summary>
public sealed class NbdDeviceProviderTests
{
    [Fact]
    public void Missing_keys_have_the_values_of_the_options()
    {
        var options = NbdDeviceSettings.Read(new DeviceOpening { Uri = "nbd://here/disk" });

        Assert.Equal(new NbdDeviceOptions { Uri = NbdUri.Parse("nbd://here/disk") }, options);
    }

    [Fact]
    public void The_nbd_block_of_a_device_sets_the_options()
    {
        var options = Read("""
            nbd {
              connections = 4
              request-timeout = 5s
              reconnect-wait = 2s
              read-retries = 3
              authority = "ca.pem"
            }
            """);

        Assert.Equal(
            new NbdDeviceOptions
            {
                Uri = NbdUri.Parse("nbds://here/disk"),
                Connections = 4,
                RequestTimeout = TimeSpan.FromSeconds(5),
                ReconnectWait = TimeSpan.FromSeconds(2),
                ReadRetries = 3,
                AuthorityFile = "ca.pem",
            },
            options);
    }

    [Theory]
    [InlineData("conections = 4", "nbd.conections: no such key")]
    [InlineData("connections = 17", "nbd.connections is '17'. It must be a whole number from 1 to 16.")]
    public void An_invalid_value_is_named(string line, string named)
    {
        var fault = Assert.Throws<ConfigurationException>(() => Read($"nbd {{ {line} }}"));

        Assert.Contains(named, fault.Message);
    }

    [PeerFact("nbdkit")]
    public async Task A_service_opens_configured_devices()
    {
        await using var peer = await NbdPeer.NbdkitAsync("memory", "1M");
        var system = ActorSystem.Create("test", ConfigurationFactory.ParseString($$"""
            akka.loglevel = ERROR
            akka.stdout-loglevel = OFF
            dmio.devices.remote {
              backend = uri
              uri = "{{peer.Uri}}"
              nbd {
                connections = 2
              }
            }
            """));
        try
        {
            using var client = await DmIoService.For(system).OpenAsync(4).InTime();
            var data = new byte[4096];
            data.AsSpan().Fill(7);

            Assert.True((await client.WriteAsync([new("remote", 8, 8)], data).InTime()).IsOk);
            Assert.True((await client.FlushAsync("remote").InTime()).IsOk);
            var read = new byte[4096];
            Assert.True((await client.ReadAsync(new IoRegion("remote", 8, 8), read).InTime()).IsOk);
            Assert.Equal(data, read);
        }
        finally
        {
            await system.Terminate().InTime();
        }
    }

    [PeerFact("nbdkit")]
    public async Task The_holes_of_an_export_are_those_of_the_device()
    {
        await using var peer = await NbdPeer.NbdkitAsync("memory", "1M");
        await using var device = await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = peer.Uri }).InTime();
        var batch = new Memory.SegmentBatch();
        batch.Add(DmIo.Testing.Devices.Bytes.Filled(32 * 1024, 1));
        await device.WriteAsync(128, batch, forceUnitAccess: false).InTime();

        var extents = device.GetExtents(0, 2048, max: 16);

        Assert.Equal(2048, extents.Sum(extent => extent.Count.Value));
        Assert.Contains(extents, extent => extent.Kind == ExtentKind.Hole);
        Assert.Contains(extents, extent => extent.Kind == ExtentKind.Data);
    }

    private static NbdDeviceOptions Read(string block) => NbdDeviceSettings.Read(new DeviceOpening
    {
        Uri = "nbds://here/disk",
        Settings = ConfigurationFactory.ParseString(block),
    });
}
