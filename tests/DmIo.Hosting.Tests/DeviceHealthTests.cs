using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Hosting.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>The health of devices.</summary>
public sealed class DeviceHealthTests
{
    [Theory]
    [InlineData(1, HealthStatus.Healthy)]
    [InlineData(1.1, HealthStatus.Degraded)]
    [InlineData(10, HealthStatus.Degraded)]
    [InlineData(10.1, HealthStatus.Unhealthy)]
    public void By_default_a_device_is_slow_after_a_second_and_unhealthy_after_ten(double age, HealthStatus expected)
    {
        var health = new DeviceHealth(DmIoSettings.Read(Config.Empty));

        health.Add("disk", DeviceState.Online, TimeSpan.FromSeconds(age));

        Assert.Equal(expected, health.ToResult(HealthStatus.Unhealthy).Status);
    }

    [Fact]
    public void A_device_can_have_its_own_limits()
    {
        var health = new DeviceHealth(DmIoSettings.Read(ConfigurationFactory.ParseString("""
            dmio.devices.tape {
              backend = null
              size = 1MiB
              slow-after = 1m
            }
            """)));

        health.Add("tape", DeviceState.Online, TimeSpan.FromSeconds(9));

        Assert.Equal(HealthStatus.Healthy, health.ToResult(HealthStatus.Unhealthy).Status);
    }

    [Fact]
    public void The_worst_device_decides_and_all_faulty_devices_are_named_worst_first()
    {
        var health = new DeviceHealth(DmIoSettings.Read(Config.Empty));
        health.Add("slow", DeviceState.Online, TimeSpan.FromSeconds(2));
        health.Add("failed", DeviceState.Failed, null);
        health.Add("good", DeviceState.Online, null);
        health.Add(new MissingDevice("gone", "No such file.", IsRetried: false));

        var result = health.ToResult(HealthStatus.Unhealthy);

        Assert.Equal(
            "'failed' has failed; 'slow' has an operation in flight for 2.0 s; 'gone' is missing", result.Description);
        Assert.Equal(["failed", "gone", "good", "slow"], result.Data.Keys.Order());
    }
}
