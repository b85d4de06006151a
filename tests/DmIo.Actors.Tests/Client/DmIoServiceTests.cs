using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Settings;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class DmIoServiceTests
{
    private const string TwoDisks = """
        dmio.devices {
          one {
            backend = memory
            size = 1MiB
            queue-depth = 5
          }
          two {
            backend = null
            size = 2MiB
            read-only = on
          }
        }
        """;

    [Fact]
    public async Task A_system_has_one_service()
    {
        await using var running = new RunningService();

        Assert.Same(running.Service, DmIoService.For(running.System));
        Assert.Same(running.Service, running.System.DmIo());
        Assert.Equal("/user/dmio", running.Service.Supervisor.Path.ToStringWithoutAddress());
    }

    [Fact]
    public async Task Configured_devices_serve_the_first_request()
    {
        await using var running = new RunningService(TwoDisks);
        using var client = await running.Service.OpenAsync(1).InTime();

        var result = await client.WriteAsync([new("one", 0, 1), new("two", 0, 1)], new byte[512]).InTime();

        Assert.Equal(IoStatusCode.Ok, result[0].Code);
        Assert.Equal(IoStatusCode.ReadOnly, result[1].Code);
    }

    [Fact]
    public async Task Devices_are_listed_by_name()
    {
        await using var running = new RunningService(TwoDisks);

        var devices = await running.Service.GetDevicesAsync().InTime();

        Assert.Equal(["one", "two"], devices.Select(device => device.Name));
        Assert.Equal([5, 32], devices.Select(device => device.QueueDepth.Max));
        Assert.Equal(["memory", "null"], devices.Select(device => device.Description.Backend));
        Assert.All(devices, device => Assert.Equal(DeviceState.Online, device.State));
    }

    [Fact]
    public async Task A_name_can_be_attached_detached_and_attached_again()
    {
        await using var running = new RunningService();

        var description = await running.Service.AttachAsync("a", new MemoryDevice(ByteSize.FromSectors(8))).InTime();
        Assert.Equal(ByteSize.FromSectors(8), description.Capacity);
        await running.Service.DetachAsync("a").InTime();
        await running.Service.AttachAsync("a", new MemoryDevice(ByteSize.FromSectors(16))).InTime();

        Assert.Equal(
            ByteSize.FromSectors(16),
            Assert.Single(await running.Service.GetDevicesAsync().InTime()).Description.Capacity);
    }

    [Fact]
    public async Task A_refusal_of_the_supervisor_is_an_exception_with_its_reason()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");

        var twice = await Assert.ThrowsAsync<IoRefusedException>(
            () => running.Service.AttachAsync("a", new NullDevice(ByteSize.FromSectors(8))).InTime());
        var unknown = await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.DetachAsync("b").InTime());

        Assert.Contains("'a'", twice.Message, StringComparison.Ordinal);
        Assert.Contains("'b'", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_system_starts_the_service_as_a_configured_extension()
    {
        await using var running = new RunningService("""
            akka.extensions = ["DmIo.Actors.Client.DmIoServiceProvider, DmIo.Actors"]
            """);

        Assert.True(running.System.HasExtension<DmIoService>());
    }

    [Theory]
    [InlineData("dmio.pool.max-page = 1", "dmio.pool.max-page")]
    [InlineData("dmio.devices.x.size = 1MiB", "dmio.devices.x.backend")]
    [InlineData("""
        dmio.devices.x {
          backend = file
          path = "/no/such/directory/disk.img"
        }
        """, "dmio.devices.x")]
    [InlineData("""
        dmio.devices."a@b" {
          backend = null
          size = 1MiB
        }
        """, "dmio.devices.a@b")]
    public async Task An_invalid_configuration_fails_the_start_and_names_the_key(string hocon, string place)
    {
        var system = ActorSystem.Create("bad", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n" + hocon));

        var error = Assert.Throws<ConfigurationException>(() => DmIoService.For(system));

        Assert.StartsWith(place, error.Message, StringComparison.Ordinal);
        await system.Terminate().InTime();
    }

    [Theory]
    [InlineData("""
        dmio.devices."a@b" {
          backend = null
          size = 512
        }
        """)]
    public async Task A_failed_start_closes_the_files_that_it_has_opened(string fault)
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");
        var system = ActorSystem.Create("bad", ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            {{fault}}
            dmio.devices.disk {
              backend = file
              path = "{{path}}"
              create-size = 64KiB
            }
            """));

        Assert.Throws<ConfigurationException>(() => DmIoService.For(system));

        // A device that can write holds its file alone: that it opens again shows that it was closed.
        await using var again = FileDevice.Open(new FileDeviceOptions { Path = path });
        Assert.Equal(ByteSize.FromSectors(128), again.Description.Capacity);
        await system.Terminate().InTime();
    }

    [Fact]
    public async Task A_start_in_a_system_that_has_terminated_closes_the_files_that_it_has_opened()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");
        var system = ActorSystem.Create("ended", ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            dmio.devices.disk {
              backend = file
              path = "{{path}}"
              create-size = 64KiB
            }
            """));
        await system.Terminate().InTime();

        Assert.Throws<InvalidOperationException>(() => DmIoService.For(system));

        await using var again = FileDevice.Open(new FileDeviceOptions { Path = path });
        Assert.Equal(ByteSize.FromSectors(128), again.Description.Capacity);
    }

    [Fact]
    public async Task A_device_stuck_by_configuration_can_be_released()
    {
        await using var running = new RunningService("""
            dmio.devices.a {
              backend = memory
              size = 1MiB
              stuck = on
            }
            """);
        using var client = await running.Service.OpenAsync(1).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 1), new byte[512]);
        await client.WriteAsync(new IoRegion("a", 0, 0), new byte[512]).InTime();
        Assert.False(write.IsCompleted);

        running.Service.ReleaseStuck("a");

        Assert.True((await write.InTime()).IsOk);
        Assert.Throws<IoRefusedException>(() => running.Service.ReleaseStuck("b"));
    }
}
