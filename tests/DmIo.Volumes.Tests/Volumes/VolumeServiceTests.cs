using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>A real service for the tests of a derived class, with legs in memory of 16 MiB.</summary>
public abstract class VolumeServiceTests : IAsyncLifetime
{
    private protected ActorSystem System { get; } = ActorSystem.Create("volumes");

    private protected DmIoService Service => DmIoService.For(System);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await System.Terminate();

    private protected async Task AttachAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Service.AttachAsync(name, new MemoryDevice(ByteSize.FromMiB(16)));
        }
    }

    private protected Task<AttachedDevices> AttachedAsync() => AttachedDevices.OfAsync(Service);

    /// <summary>Fills sector 100 of the volume 'v' and the next seven with a value.</summary>
    private protected Task WriteAsync(byte value) => WriteAsync(100, value);

    /// <summary>Fills eight sectors of the volume 'v' with a value.</summary>
    private protected async Task WriteAsync(long sector, byte value)
    {
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        Array.Fill(data, value);
        (await client.WriteAsync(new IoRegion("v", sector, 8), data)).ThrowIfFailed();
    }

    /// <summary>The value that fills eight sectors of the volume 'v'.</summary>
    private protected async Task<byte> ReadAsync(long sector = 100)
    {
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        (await client.ReadAsync(new IoRegion("v", sector, 8), data)).ThrowIfFailed();
        Assert.All(data, value => Assert.Equal(data[0], value));
        return data[0];
    }

    private protected static Task<VolumeStatus> UntilAsync(Volume volume, VolumeState state) =>
        UntilAsync(volume, status => status.State == state);

    private protected static async Task<VolumeStatus> UntilAsync(Volume volume, Func<VolumeStatus, bool> isReached)
    {
        for (var i = 0; ; i++)
        {
            var status = await volume.GetStatusAsync();
            if (isReached(status))
            {
                return status;
            }

            Assert.True(i < 1500, status.ToString());
            await Task.Delay(20);
        }
    }
}
