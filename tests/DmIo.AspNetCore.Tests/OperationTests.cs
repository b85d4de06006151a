using System.Text;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.AspNetCore.Tests;

/// <summary>The operations on open volumes.</summary>
public sealed class OperationTests
{
    [Fact]
    public async Task A_leg_in_a_file_is_opened_added_and_synchronized()
    {
        await using var host = await StatusHost.StartAsync();
        var volume = await host.OpenVolumeAsync("v", "a", "b");
        var path = Path.Combine(host.Folder, "c.img");

        var added = await host.PostAsync("volumes/v/add-leg", $$"""{"device":"{{path}}","createBytes":16777216}""");
        var synced = await host.PostAsync("volumes/v/resync", "{}");

        Assert.Equal((200, 200), (added.Status, synced.Status));
        Assert.Contains("\"state\":\"Healthy\"", synced.Text);
        var legs = (await volume.GetStatusAsync()).Legs;
        Assert.Equal(["a", "b", path], legs.Select(leg => leg.Device));
        Assert.All(legs, leg => Assert.Equal(LegState.InSync, leg.State));
    }

    [Fact]
    public async Task A_leg_with_external_metadata_in_files_is_opened_and_added()
    {
        await using var host = await StatusHost.StartAsync();
        var volume = await host.OpenVolumeAsync("v", "a", "b");
        var (data, metadata) = (Path.Combine(host.Folder, "c.img"), Path.Combine(host.Folder, "c.meta"));

        var added = await host.PostAsync(
            "volumes/v/add-leg", $$"""{"device":"{{data}};metadata={{metadata}}","createBytes":16777216}""");
        await host.PostAsync("volumes/v/resync", "{}");

        Assert.Equal((200, added.Text), added);
        var leg = (await volume.GetStatusAsync()).Legs[2];
        Assert.Equal((data, metadata, LegState.InSync), (leg.Device, leg.Metadata, leg.State));
    }

    [Fact]
    public async Task The_devices_of_a_refused_leg_with_external_metadata_are_closed_and_its_new_files_are_deleted()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");
        var (data, metadata) = (Path.Combine(host.Folder, "small.img"), Path.Combine(host.Folder, "small.meta"));

        var (status, text) = await host.PostAsync(
            "volumes/v/add-leg", $$"""{"device":"{{data}};metadata={{metadata}}","createBytes":4194304}""");

        Assert.Equal(409, status);
        Assert.Contains("has room for", text);
        Assert.False(File.Exists(data) || File.Exists(metadata));
        var attached = (await host.Service.GetDevicesAsync()).Select(device => device.Name).ToList();
        Assert.DoesNotContain(data, attached);
        Assert.DoesNotContain(metadata, attached);
    }

    [Fact]
    public async Task A_device_that_is_refused_is_closed_and_its_new_file_is_deleted()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");
        var path = Path.Combine(host.Folder, "small.img");

        var (status, text) = await host.PostAsync(
            "volumes/v/add-leg", $$"""{"device":"{{path}}","createBytes":4194304}""");

        Assert.Equal(409, status);
        Assert.Contains("has room for", text);
        Assert.False(File.Exists(path));
        Assert.DoesNotContain(path, (await host.Service.GetDevicesAsync()).Select(device => device.Name));
    }

    [Fact]
    public async Task Members_are_replaced_and_removed_by_device_or_number()
    {
        await using var host = await StatusHost.StartAsync();
        var volume = await host.OpenVolumeAsync("v", "a", "b");
        await host.AttachAsync("c", "w");

        var replaced = await host.PostAsync("volumes/v/replace-leg", """{"member":"a","device":"c"}""");
        var witness = await host.PostAsync("volumes/v/add-witness", """{"device":"w"}""");
        var removed = await host.PostAsync("volumes/v/remove-leg", """{"member":"w"}""");
        var number = await host.PostAsync("volumes/v/remove-leg", """{"member":"1"}""");

        Assert.All([replaced, witness, removed, number], answer => Assert.Equal((200, answer.Text), answer));
        Assert.Equal(["c"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
    }

    [Fact]
    public async Task A_comparison_reports_the_differences()
    {
        await using var host = await StatusHost.StartAsync();
        var b = new MemoryDevice(ByteSize.FromMiB(16));
        await host.Service.AttachAsync("b", b);
        await host.AttachAsync("a");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await host.Service.CreateVolumeAsync(options);
        await host.Service.OpenVolumeAsync(options);
        await using (var client = await host.Service.OpenAsync(1))
        {
            await client.WriteAsync(new IoRegion("v", 0, 8), new byte[4096]);
            // Behind the volume: the data begins after the metadata.
            await client.WriteAsync(new IoRegion("b", 2048 + 128, 1), Enumerable.Repeat((byte)7, 512).ToArray());
        }

        var (status, text) = await host.PostAsync("volumes/v/verify", "{}");

        Assert.Equal(200, status);
        Assert.Contains("\"offset\":65536,\"length\":65536,\"legs\":[\"a\",\"b\"]", text);
    }

    [Fact]
    public async Task A_stopped_volume_is_closed_and_not_opened_again()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");

        var (status, text) = await host.PostAsync("volumes/v/stop", "{}");

        Assert.Equal(200, status);
        Assert.Contains("\"state\":\"Stopped\"", text);
        var refused = await Assert.ThrowsAsync<VolumeException>(
            () => host.Service.OpenVolumeAsync(new VolumeOptions { Name = "v", Legs = ["a", "b"] }));
        Assert.True(refused.IsStopped);
    }

    [Theory]
    [InlineData("add-leg", "", 400, "The body is invalid")]
    [InlineData("add-leg", "null", 400, "The body is null")]
    [InlineData("add-leg", "{}", 400, "device")]
    [InlineData("add-leg", "{\"device\":null}", 400, "device")]
    [InlineData("add-leg", "{\"device\":\"x\",\"forse\":true}", 400, "forse")]
    [InlineData("add-leg", "{\"device\":\"none\"}", 422, "'none' is no attached device")]
    [InlineData("add-leg", "{\"device\":\"/no/such/file\"}", 422, "/no/such/file")]
    [InlineData("add-leg", "{\"device\":\"a\"}", 409, "belongs to the volume 'v' already")]
    [InlineData("add-leg", "{\"device\":\"/x\",\"createBytes\":513}", 400, "513")]
    [InlineData("add-leg", "{\"device\":\"gopher://x/y\"}", 422, "gopher")]
    [InlineData("remove-leg", "{\"member\":\"9\"}", 409, "Member 9 is no leg")]
    [InlineData("remove-leg", "{\"member\":\"x\"}", 409, "'x' is no leg")]
    [InlineData("replace-leg", "{\"member\":\"x\",\"device\":\"a\"}", 409, "'x' is no leg")]
    [InlineData("verify", "{\"start\":-1}", 400, "-1")]
    [InlineData("verify", "{\"start\":1e30}", 400, "start")]
    public async Task An_invalid_request_gets_its_reason(string operation, string body, int status, string text)
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");

        var answer = await host.PostAsync($"volumes/v/{operation}", body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(text, answer.Text);
    }

    [Fact]
    public async Task A_body_of_another_type_or_length_is_refused()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b");

        using var form = await host.Client.PostAsync("volumes/v/stop", new StringContent("{}", Encoding.UTF8));
        var large = await host.PostAsync("volumes/v/add-leg", new string(' ', 70_000));

        Assert.Equal(415, (int)form.StatusCode);
        Assert.Equal(413, large.Status);
    }

    [Fact]
    public async Task The_end_of_a_request_ends_the_wait_and_not_the_volume()
    {
        await using var host = await StatusHost.StartAsync();
        var volume = await host.OpenVolumeAsync("v", "a", "b", "c");
        await host.Service.DetachAsync("c");
        await using var client = await host.Service.OpenAsync(1);
        await client.WriteAsync(new IoRegion("v", 0, 8), new byte[4096]);
        using var end = new CancellationTokenSource();
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        var waiting = host.Client.PostAsync("volumes/v/resync", content, end.Token);
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(200)));

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
    }

    [Fact]
    public async Task A_stop_of_the_application_ends_the_waits()
    {
        await using var host = await StatusHost.StartAsync();
        await host.OpenVolumeAsync("v", "a", "b", "c");
        await host.Service.DetachAsync("c");
        await using var client = await host.Service.OpenAsync(1);
        await client.WriteAsync(new IoRegion("v", 0, 8), new byte[4096]);
        var waiting = host.PostAsync("volumes/v/resync", "{}");
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(200)));

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal((503, "The service is stopping."), await waiting);
    }
}
