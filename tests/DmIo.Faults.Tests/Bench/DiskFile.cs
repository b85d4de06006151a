using System.Runtime.InteropServices;
using DmIo.Devices;
using DmIo.Devices.Files;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A sparse file of zeroes for one test, on a disk or in memory.</summary>
internal sealed partial class DiskFile : IDisposable
{
    private readonly TemporaryDirectory? directory;

    private DiskFile(string path, TemporaryDirectory? directory, long lengthBytes)
    {
        Path = path;
        this.directory = directory;
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, lengthBytes);
    }

    internal string Path { get; }

    /// <summary>In the directory for temporary files.</summary>
    internal static DiskFile OnDisk(long lengthBytes)
    {
        var place = new TemporaryDirectory();
        return new DiskFile(place.FilePath("disk"), place, lengthBytes);
    }

    /// <summary>On the machine's tmpfs; without one, in the directory for temporary files.</summary>
    internal static DiskFile InMemory(long lengthBytes) => Directory.Exists("/dev/shm")
        ? new DiskFile($"/dev/shm/dmio-faults-{Guid.NewGuid():N}", directory: null, lengthBytes)
        : OnDisk(lengthBytes);

    /// <summary>Truncates by path: a handle of .NET would request the lock that the device holds.</summary>
    internal void SetLength(long lengthBytes)
    {
        if (Truncate(Path, lengthBytes) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>Whether its file system supports direct I/O.</summary>
    internal bool HasDirectIo()
    {
        try
        {
            FileDevice.Open(new FileDeviceOptions { Path = Path, IsDirect = true })
                .DisposeAsync().AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (DeviceOpenException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        File.Delete(Path);
        directory?.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "truncate", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Truncate(string path, long lengthBytes);
}
