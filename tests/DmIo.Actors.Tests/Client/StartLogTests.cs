using Akka.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Client;

/// <summary>The log messages about the devices at the start of the service.</summary>
public sealed class StartLogTests
{
    [Fact]
    public async Task The_devices_are_listed_with_backend_mode_and_size()
    {
        var started = await StartedService.StartAsync(ConfigurationFactory.ParseString("""
            dmio.devices {
              one {
                backend = memory
                size = 1MiB
              }
              two {
                backend = null
                size = 2MiB
              }
            }
            """));

        Assert.EndsWith(
            "attached devices: 'one' (memory, inline, 1048576 bytes), 'two' (null, inline, 2097152 bytes)",
            Assert.Single(started.Infos),
            StringComparison.Ordinal);
        Assert.Empty(started.Warnings);
        await started.System.Terminate().InTime();
    }

    [Fact]
    public async Task A_configuration_without_a_device_causes_a_warning()
    {
        var started = await StartedService.StartAsync(ConfigurationFactory.ParseString("dmio.pool.max-pages = 8"));

        Assert.Contains("dmio.devices", Assert.Single(started.Warnings), StringComparison.Ordinal);
        await started.System.Terminate().InTime();
    }

    [Fact]
    public async Task Bytes_of_a_file_that_are_not_part_of_its_device_cause_a_warning()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, new byte[1000]);
        var started = await StartedService.StartAsync(ConfigurationFactory.ParseString($$"""
            dmio.devices {
              odd {
                backend = file
                path = "{{path}}"
              }
              even {
                backend = memory
                size = 4KiB
              }
            }
            """));

        var warning = Assert.Single(started.DeviceWarnings);
        Assert.Contains("'odd'", warning, StringComparison.Ordinal);
        Assert.Contains("the last 488 bytes", warning, StringComparison.Ordinal);
        await started.System.Terminate().InTime();
        File.Delete(path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""
        dmio.devices {
        }
        """)]
    public async Task An_application_that_attaches_its_devices_itself_is_not_warned(string hocon)
    {
        var started = await StartedService.StartAsync(ConfigurationFactory.ParseString(hocon));

        Assert.Empty(started.Warnings);
        await started.System.Terminate().InTime();
    }
}
