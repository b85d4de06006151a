using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes of a real service.</summary>
public sealed class VolumeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly ActorSystem system = ActorSystem.Create("volumes");
    private DmIoService Service => DmIoService.For(system);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await system.Terminate();

    [Fact]
    public async Task A_volume_keeps_its_data_over_close_and_open()
    {
        await AttachAsync("a", "b", "c");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 7);
        await volume.DisposeAsync();
        await using var again = await Service.OpenVolumeAsync(options);
        output.WriteLine((await again.GetStatusAsync()).ToString());
        Assert.Equal(7, await ReadAsync(100));
        Assert.Equal(VolumeState.Healthy, (await again.GetStatusAsync()).State);
    }

    [Fact]
    public async Task A_volume_serves_without_a_leg_and_copies_what_the_leg_missed()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await AttachAsync("a", "b");
        await Service.AttachAsync("c", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 1);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(100, 2);
        output.WriteLine((await volume.GetStatusAsync()).ToString());
        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(2, await ReadAsync(100));
    }

    private async Task UntilAsync(Volume volume, VolumeState state)
    {
        for (var i = 0; i < 600; i++)
        {
            var status = await volume.GetStatusAsync();
            if (status.State == state)
            {
                output.WriteLine(status.ToString());
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail((await volume.GetStatusAsync()).ToString());
    }

    private async Task AttachAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Service.AttachAsync(name, new MemoryDevice(ByteSize.FromMiB(16)));
        }
    }

    private async Task WriteAsync(long sector, byte value)
    {
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        Array.Fill(data, value);
        (await client.WriteAsync(new IoRegion("v", sector, 8), data)).ThrowIfFailed();
    }

    private async Task<byte> ReadAsync(long sector)
    {
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        (await client.ReadAsync(new IoRegion("v", sector, 8), data)).ThrowIfFailed();
        Assert.All(data, value => Assert.Equal(data[0], value));
        return data[0];
    }
}
