using System.Runtime.InteropServices;
using DmIo.Devices;
using DmIo.Devices.Files;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A file of the test's own, of zeroes and without blocks of its own: on a disk, or in memory.</summary>
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

    /// <summary>Where temporary files are.</summary>
    internal static DiskFile OnDisk(long lengthBytes)
    {
        var place = new TemporaryDirectory();
        return new DiskFile(place.FilePath("disk"), place, lengthBytes);
    }

    /// <summary>On the machine's file system in memory; where it has none, with the temporary files.</summary>
    internal static DiskFile InMemory(long lengthBytes) => Directory.Exists("/dev/shm")
        ? new DiskFile($"/dev/shm/dmio-faults-{Guid.NewGuid():N}", directory: null, lengthBytes)
        : OnDisk(lengthBytes);

    /// <summary>By its name: .NET would ask for the lock that the device holds.</summary>
    internal void SetLength(long lengthBytes)
    {
        if (Truncate(Path, lengthBytes) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>Does its file system have direct I/O?</summary>
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
