using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;

namespace DmIo.Soak;

/// <summary>The devices of a run, one of which is always being detached and attached again. Some fail one operation in
/// a thousand.</summary>
internal sealed class SoakDevices : IDisposable
{
    private const int Few = 10;
    private const int ByThreads = 1;
    private const int InMemory = 2;

    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("dmio-soak-");
    private readonly DirectoryInfo inMemory = Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"dmio-soak-{Guid.NewGuid():N}"));

    private readonly DmIoService service;
    private readonly int seed;

    internal SoakDevices(DmIoService service, SoakSettings settings)
    {
        this.service = service;
        seed = settings.Seed;
        Names = [.. Enumerable.Range(0, settings.Devices).Select(index => $"disk{index}")];
    }

    internal IReadOnlyList<string> Names { get; }

    /// <summary>The maximum number of threads of devices in the mode threads.</summary>
    internal int MostThreads => ThreadEngine.MaxThreads
        * Enumerable.Range(0, Names.Count).Count(index => IsFile(index) && KindOf(index) == ByThreads);

    internal async Task AttachAllAsync()
    {
        for (var index = 0; index < Names.Count; index++)
        {
            await service.AttachAsync(Names[index], Open(index));
        }
    }

    /// <summary>Detaches and attaches one device after the other until it is canceled. Returns their number.</summary>
    internal async Task<int> ChurnAsync(CancellationToken end)
    {
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            var index = count % Names.Count;
            await service.DetachAsync(Names[index], CancellationToken.None);
            await service.AttachAsync(Names[index], Open(index), cancellationToken: CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(100), end)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return count;
    }

    public void Dispose()
    {
        home.Delete(recursive: true);
        inMemory.Delete(recursive: true);
    }

    private IBlockDevice Open(int index)
    {
        IBlockDevice device = IsFile(index)
            ? OpenFile(index)
            : new MemoryDevice(ByteSize.FromSectors(SoakWorker.Sectors));
        var rule = new FaultRule
        {
            Filter = OperationFilter.On(IoOperation.Read, IoOperation.Write),
            Probability = 0.001,
        };
        return index % 7 == 3 ? new FaultyDevice(device, seed + index, rule) : device;
    }

    /// <summary>On a disk in the default mode (ring, if available) or by threads; in memory inline.</summary>
    private FileDevice OpenFile(int index) => FileDevice.Open(new FileDeviceOptions
    {
        Path = Path.Combine((KindOf(index) == InMemory ? inMemory : home).FullName, Names[index]),
        CreateSize = ByteSize.FromSectors(SoakWorker.Sectors),
        Mode = KindOf(index) == ByThreads ? ServiceMode.Threads : null,
    });

    private static bool IsFile(int index) => index % Few == 0;

    private static int KindOf(int index) => index / Few % 3;
}
