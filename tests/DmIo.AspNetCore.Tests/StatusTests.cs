using System.Net;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using Xunit;

namespace DmIo.AspNetCore.Tests;

/// <summary>The endpoints that change nothing.</summary>
public sealed class StatusTests
{
    [Fact]
    public async Task Statistics_are_those_of_the_service()
    {
        await using var host = await StatusHost.StartAsync();
        await host.AttachAsync("disk");
        await using var client = await host.Service.OpenAsync(1);
        await client.WriteAsync(new IoRegion("disk", 0, 4), new byte[2048]);

        var statistics = ServiceStatistics.Parse(await host.Client.GetByteArrayAsync("statistics"));
        var leases = await host.GetAsync("leases");

        Assert.Equal(("disk", 2048), (statistics.Devices[0].Name, statistics.Devices[0].Writes.Bytes));
        Assert.Equal(1, leases[0].GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Devices_and_volumes_have_their_state()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");

        var devices = await host.GetAsync("devices");
        var volumes = await host.GetAsync("volumes");
        var volume = await host.GetAsync("volumes/v");

        Assert.Equal(["a", "b", "v"],
            devices.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString()));
        Assert.Equal("v", volumes.GetProperty("volumes")[0].GetProperty("volume").GetString());
        Assert.Equal("Healthy", volume.GetProperty("state").GetString());
        Assert.Equal("InSync", volume.GetProperty("legs")[1].GetProperty("state").GetString());
        Assert.Equal(15 << 20, volume.GetProperty("sizeBytes").GetInt64());
    }

    [Fact]
    public async Task A_volume_whose_name_has_a_slash_is_found()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("a/b c", "x", "y");

        var volume = await host.GetAsync($"volumes/{Uri.EscapeDataString("a/b c")}");

        Assert.Equal("a/b c", volume.GetProperty("volume").GetString());
    }

    [Fact]
    public async Task Health_is_that_of_devices_and_volumes()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");
        Assert.Equal("Healthy", (await host.GetAsync("health")).GetProperty("status").GetString());

        await host.Service.DetachAsync("b");
        await using var client = await host.Service.OpenAsync(1);
        await client.WriteAsync(new IoRegion("v", 0, 8), new byte[4096]);

        var health = await host.GetAsync("health");
        Assert.Equal("Degraded", health.GetProperty("status").GetString());
        Assert.Contains("leg 1", health.GetProperty("checks").GetProperty("dmio.volumes")
            .GetProperty("data").GetProperty("v").GetString());
    }

    [Theory]
    [InlineData("volumes/none", HttpStatusCode.NotFound, "No volume named 'none' is open")]
    [InlineData("nothing", HttpStatusCode.NotFound, "")]
    public async Task What_does_not_exist_is_not_found(string path, HttpStatusCode status, string text)
    {
        await using var host = await StatusHost.StartAsync();

        using var answer = await host.Client.GetAsync(path);

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(text, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_service_that_has_not_started_is_unavailable_and_is_not_started()
    {
        await using var host = await StatusHost.StartAsync(startsService: false);

        using var answer = await host.Client.GetAsync("statistics");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("has not started", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Operations_are_mapped_only_if_they_are_allowed()
    {
        await using var host = await StatusHost.StartAsync(allowOperations: false);
        var volume = await host.OpenVolumeAsync("v", "a", "b");

        using var answer = await host.Client.PostAsync("volumes/v/stop", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("v", (await volume.GetStatusAsync()).Volume);
    }
}
