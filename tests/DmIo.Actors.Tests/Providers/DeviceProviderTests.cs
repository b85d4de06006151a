using Akka.Configuration;
using DmIo.Actors.Tests.Client;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Providers;

/// <summary>Devices with a URI.</summary>
public sealed class DeviceProviderTests
{
    private const string Providers = $$"""
        dmio.device-providers {
          test = "{{TestDeviceProvider.TypeName}}"
          lost = "Lost.Provider, Lost.Package"
          wrong = "System.Object"
        }

        """;

    [Fact]
    public async Task The_provider_of_its_scheme_opens_a_configured_device_with_its_own_block()
    {
        await using var running = new RunningService(Providers + """
            dmio.devices.remote {
              backend = uri
              uri = "test://host/name"
              read-only = on
              test { sectors = 24 }
            }
            """);

        var device = Assert.Single(await running.Service.GetDevicesAsync().InTime());

        Assert.Equal(("remote", 24, true), (
            device.Name, device.Description.Capacity.Sectors.Value, device.Description.IsReadOnly));
    }

    [Fact]
    public async Task Configured_devices_of_uris_are_opened_in_parallel()
    {
        await using var running = new RunningService(Providers + """
            dmio.devices {
              first { backend = uri, uri = "test://both" }
              second { backend = uri, uri = "test://both" }
            }
            """);

        Assert.Equal(2, (await running.Service.GetDevicesAsync().InTime()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_uri_can_be_attached_while_the_service_runs(bool isReadOnly)
    {
        await using var running = new RunningService(Providers);

        var description = await running.Service.AttachAsync("a", "test://host/name", isReadOnly).InTime();

        Assert.Equal((8, isReadOnly), (description.Capacity.Sectors.Value, description.IsReadOnly));
        using var client = await running.Service.OpenAsync(1).InTime();
        var result = await client.WriteAsync(new IoRegion("a", 0, 1), new byte[512]).InTime();
        Assert.Equal(isReadOnly ? IoStatusCode.ReadOnly : IoStatusCode.Ok, result[0].Code);
    }

    [Theory]
    [InlineData("test://closed", "The host is closed.")]
    [InlineData("other://host", "no provider of 'other' is configured")]
    [InlineData("lost://host", "the provider of 'lost', Lost.Provider, Lost.Package, cannot be created")]
    [InlineData("lost://host", "add the package Lost.Package")]
    [InlineData("wrong://host", "does not implement IDeviceProvider")]
    [InlineData("no uri", "it is not a URI")]
    public async Task A_device_that_cannot_be_opened_is_named_with_its_reason(string uri, string reason)
    {
        await using var running = new RunningService(Providers);

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(
            () => running.Service.AttachAsync("a", uri).InTime());

        Assert.Contains($"'{uri}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configured_device_that_does_not_open_in_time_fails_the_start()
    {
        var fault = Assert.Throws<ConfigurationException>(() => new RunningService(Providers + """
            dmio.devices.remote {
              backend = uri
              uri = "test://silent"
              open-timeout = 1ms
            }
            """));

        Assert.Contains("dmio.devices.remote", fault.Message, StringComparison.Ordinal);
        Assert.Contains("did not open within 00:00:00.0010000", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opening_ends_when_its_token_is_canceled()
    {
        await using var running = new RunningService(Providers);
        using var giveUp = new CancellationTokenSource();

        var opening = running.Service.AttachAsync("a", "test://silent", cancellationToken: giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.InTime());
    }

    [Fact]
    public void Next_to_a_uri_a_key_that_is_no_block_is_refused()
    {
        var fault = Assert.Throws<ConfigurationException>(() => new RunningService(Providers + """
            dmio.devices.remote {
              backend = uri
              uri = "test://host"
              size = 4KiB
            }
            """));

        Assert.Contains("dmio.devices.remote.size", fault.Message, StringComparison.Ordinal);
    }
}
