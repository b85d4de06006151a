using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Benchmarks.Storage;

/// <summary>An actor system with three devices, and three files of the same size for the baseline.</summary>
internal sealed class WriteTargets : IDisposable
{
    internal const int BlockBytes = 4096;
    private const int SizeBytes = 64 << 20;
    private const int BlockSectors = BlockBytes / Sector.SizeBytes;

    private readonly ActorSystem system = ActorSystem.Create("perf");
    private readonly List<string> paths = [];

    internal WriteTargets(Store store, int regions)
    {
        Service = DmIoService.For(system);
        for (var index = 0; index < regions; index++)
        {
            Service.AttachAsync(DeviceName(index), Open(store)).GetAwaiter().GetResult();
            Files.Add(File.OpenHandle(
                NewPath(), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.None, SizeBytes));
        }
    }

    internal DmIoService Service { get; }

    internal List<SafeFileHandle> Files { get; } = [];

    internal ActorSystem System => system;

    /// <summary>The byte offset of a random block.</summary>
    internal static long NextOffset() => Random.Shared.Next(SizeBytes / BlockBytes) * (long)BlockBytes;

    /// <summary>The same random block on every device.</summary>
    internal IoRegion[] NextRegions()
    {
        var start = NextOffset() / Sector.SizeBytes;
        var regions = new IoRegion[Files.Count];
        for (var index = 0; index < regions.Length; index++)
        {
            regions[index] = new IoRegion(DeviceName(index), start, BlockSectors);
        }

        return regions;
    }

    public void Dispose()
    {
        system.Terminate().GetAwaiter().GetResult();
        Files.ForEach(file => file.Dispose());
        paths.ForEach(File.Delete);
    }

    private static string DeviceName(int index) => $"disk{index}";

    private IBlockDevice Open(Store store) => store == Store.Memory
        ? new MemoryDevice(ByteSize.FromBytes(SizeBytes))
        : FileDevice.Open(new FileDeviceOptions { Path = NewPath(), CreateSize = ByteSize.FromBytes(SizeBytes) });

    private string NewPath()
    {
        var folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        paths.Add(Path.Combine(folder, $"dmio-perf-{Guid.NewGuid():N}.img"));
        return paths[^1];
    }
}
