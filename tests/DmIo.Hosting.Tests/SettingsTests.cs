using Akka.Configuration;
using Akka.Hosting;
using DmIo.Actors.Scheduling;
using DmIo.Io;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>Settings from code, HOCON and a configuration section.</summary>
public sealed class SettingsTests
{
    [Fact]
    public async Task Devices_from_all_three_sources_are_attached()
    {
        await using var host = await TestHost.StartAsync(akka => akka
            .WithDmIo(dmio => dmio.AddMemory("code", ByteSize.FromKiB(4)))
            .WithDmIo(TestHost.Configuration(("Devices:section:Backend", "memory"), ("Devices:section:Size", "8KiB")))
            .AddHocon("dmio.devices.hocon { backend = memory, size = 512 }", HoconAddMode.Append));

        var devices = await host.Service.GetDevicesAsync();

        Assert.Equal(
            [("code", 8L), ("hocon", 1L), ("section", 16L)],
            devices.Select(device => (device.Name, device.Description.Capacity.Sectors.Value)));
    }

    [Fact]
    public async Task A_later_call_overrides_an_earlier_one_key_by_key()
    {
        await using var host = await TestHost.StartAsync(akka => akka
            .WithDmIo(dmio =>
            {
                dmio.MaxPages = 100;
                dmio.AddMemory("disk", ByteSize.FromKiB(4), disk => disk.QueueDepth = 7);
            })
            .WithDmIo(TestHost.Configuration(("Devices:disk:Size", "8KiB"), ("Pool:MaxPages", "200"))));

        var disk = Assert.Single(await host.Service.GetDevicesAsync());

        Assert.Equal((16L, 7), (disk.Description.Capacity.Sectors.Value, disk.QueueDepth.Max));
        Assert.Equal(200, (await host.Service.GetPoolStatusAsync()).Max);
    }

    [Fact]
    public async Task Pool_and_policies_from_code_are_those_of_the_service()
    {
        await using var host = await TestHost.StartAsync(akka => akka.WithDmIo(dmio =>
        {
            dmio.MaxPages = 100;
            dmio.DeviceDefaults.Policy = SchedulingPolicy.Fifo;
            dmio.DeviceDefaults.LatencyTarget = TimeSpan.FromMilliseconds(1.5);
            dmio.AddNull("first", ByteSize.FromKiB(4)).AddNull("second", ByteSize.FromKiB(4), disk =>
            {
                disk.Policy = SchedulingPolicy.Deadline;
                disk.HasAdaptiveQueueDepth = true;
                disk.LatencyTarget = TimeSpan.Zero;
                disk.IsReadOnly = true;
            });
        }));

        var devices = await host.Service.GetDevicesAsync();

        Assert.Equal(100, (await host.Service.GetPoolStatusAsync()).Max);
        Assert.Equal([SchedulingPolicy.Fifo, SchedulingPolicy.Deadline], devices.Select(device => device.Policy));
        Assert.Equal(
            [QueueDepth.Adaptive(1, 32, TimeSpan.FromMilliseconds(1.5)), QueueDepth.Adaptive()],
            devices.Select(device => device.QueueDepth));
        Assert.Equal([false, true], devices.Select(device => device.Description.IsReadOnly));
    }

    public static TheoryData<string, Action<AkkaConfigurationBuilder>> BadSizes => new()
    {
        { "code", akka => akka.WithDmIo(dmio => dmio.AddMemory("a.b", ByteSize.FromBytes(100))) },
        {
            "section", akka => akka.WithDmIo(
                TestHost.Configuration(("Devices:a.b:Backend", "memory"), ("Devices:a.b:Size", "100")))
        },
        {
            "hocon", akka => akka.WithDmIo().AddHocon(
                "dmio.devices.\"a.b\" { backend = memory, size = 100 }", HoconAddMode.Append)
        },
    };

    [Theory]
    [MemberData(nameof(BadSizes))]
    public async Task An_invalid_value_gives_the_same_message_from_every_source(
        string source, Action<AkkaConfigurationBuilder> configure)
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => TestHost.StartAsync(configure));

        Assert.True(
            error.Message == "dmio.devices.\"a.b\".size is '100'. "
                + "It must be a multiple of 512 bytes, such as 512, 4KiB, 64MiB or 2GiB.",
            $"{source}: {error.Message}");
    }

    [Fact]
    public async Task An_unknown_key_of_a_section_fails_the_start_with_its_full_path()
    {
        var section = TestHost.Configuration(("Pool:MaxPagez", "100"));

        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TestHost.StartAsync(akka => akka.WithDmIo(section)));

        Assert.Contains("dmio.pool.max-pagez: no such key.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pool:max-pages")]
    [InlineData("Pool:MaxPages")]
    [InlineData("pool:maxPages")]
    [InlineData("POOL:MAX_PAGES")]
    [InlineData("POOL:MAXPAGES")]
    public async Task A_key_of_a_section_may_have_the_usual_spelling_of_sections(string key)
    {
        await using var host = await TestHost.StartAsync(akka => akka.WithDmIo(TestHost.Configuration((key, "100"))));

        Assert.Equal(100, (await host.Service.GetPoolStatusAsync()).Max);
    }

    [Fact]
    public async Task A_setting_with_two_spellings_is_refused()
    {
        var section = TestHost.Configuration(("Pool:MaxPages", "100"), ("Pool:max-pages", "200"));

        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TestHost.StartAsync(akka => akka.WithDmIo(section)));

        Assert.StartsWith("dmio.pool.max-pages is configured twice", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disk.1", "disk.1")]
    [InlineData("\"disk.1\"", "disk.1")]
    [InlineData("Disk_A", "Disk_A")]
    [InlineData("0", "0")]
    [InlineData("say \"x\" \\ y", "say \"x\" \\ y")]
    public async Task A_device_of_a_section_keeps_the_spelling_of_its_name(string key, string name)
    {
        var section = TestHost.Configuration(($"Devices:{key}:Backend", "null"), ($"Devices:{key}:Size", "4KiB"));

        await using var host = await TestHost.StartAsync(akka => akka.WithDmIo(section));

        Assert.Equal(name, Assert.Single(await host.Service.GetDevicesAsync()).Name);
    }

    [Fact]
    public async Task An_already_configured_device_keeps_the_case_of_its_name()
    {
        await using var host = await TestHost.StartAsync(akka => akka
            .WithDmIo(dmio => dmio.AddMemory("Journal", ByteSize.FromKiB(4)))
            .WithDmIo(TestHost.Configuration(("DEVICES:JOURNAL:SIZE", "8KiB"))));

        var disk = Assert.Single(await host.Service.GetDevicesAsync());

        Assert.Equal(("Journal", 16L), (disk.Name, disk.Description.Capacity.Sectors.Value));
    }

    [Fact]
    public async Task Lists_and_flags_of_json_are_read()
    {
        using var json = new MemoryStream(
            """
            { "DmIo": { "Devices": { "disk": {
                "Backend": "memory",
                "Size": "4KiB",
                "ReadOnly": true,
                "Faults": [ { "Operations": [ "read", "flush" ], "Errno": 28, "Count": 8 } ]
            } } } }
            """u8.ToArray());
        var section = new ConfigurationBuilder().AddJsonStream(json).Build().GetSection("DmIo");

        await using var host = await TestHost.StartAsync(akka => akka.WithDmIo(section));
        using var client = await host.Service.OpenAsync(pages: 1);
        var result = await client.ReadAsync(new("disk", 0, 8), new byte[4096]);

        Assert.True(Assert.Single(await host.Service.GetDevicesAsync()).Description.IsReadOnly);
        Assert.Equal(28, result[0].Failure!.Errno);
    }

    [Fact]
    public void Two_devices_of_one_name_are_refused_when_they_are_added()
    {
        var options = new DmIoOptions().AddMemory("disk", ByteSize.FromKiB(4));

        Assert.Throws<ArgumentException>(() => options.AddNull("disk", ByteSize.FromKiB(4)));
    }
}
