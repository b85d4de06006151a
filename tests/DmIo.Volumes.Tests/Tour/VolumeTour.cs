using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Volumes.Client;
using Xunit;

namespace DmIo.Volumes.Tests.Tour;

/// <summary>The code of src/DmIo.Volumes/README.md.</summary>
public sealed class VolumeTour : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmio-tour-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task A_volume_on_three_files()
    {
        var system = ActorSystem.Create("tour");
        var service = DmIoService.For(system);
        foreach (var name in (string[])["a", "b", "c"])
        {
            await service.AttachAsync(name, FileDevice.Open(new FileDeviceOptions
            {
                Path = Path.Combine(directory.FullName, name),
                CreateSize = ByteSize.FromMiB(64),
            }));
        }

        var options = new VolumeOptions { Name = "disk", Legs = ["a", "b", "c"] };
        await service.CreateVolumeAsync(options);

        await using (var volume = await service.OpenVolumeAsync(options))
        {
            await using var client = await service.OpenAsync(pages: 64);
            await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096]);
            Console.WriteLine(await volume.GetStatusAsync());
            Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        }

        await system.Terminate();
    }
}
