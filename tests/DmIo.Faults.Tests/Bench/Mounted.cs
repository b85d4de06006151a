using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A small file system for one test, mounted until it is disposed: tmpfs, or ext4 in a file behind a loop
/// device.</summary>
internal sealed class Mounted : IAsyncDisposable
{
    private readonly TemporaryDirectory home;
    private readonly LoopDisk? disk;
    private bool isMounted;

    private Mounted(TemporaryDirectory home, LoopDisk? disk)
    {
        this.home = home;
        this.disk = disk;
        Directory.CreateDirectory(Place);
    }

    internal string Place => home.FilePath("mnt");

    /// <summary>The loop device of an ext4.</summary>
    internal string Disk => disk!.Path;

    internal static async Task<Mounted> InMemoryAsync(int sizeKiB)
    {
        var mounted = new Mounted(new TemporaryDirectory(), disk: null);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={sizeKiB}k", "tmpfs", mounted.Place);
        mounted.isMounted = true;
        return mounted;
    }

    internal static async Task<Mounted> Ext4Async(int sizeMiB)
    {
        var directory = new TemporaryDirectory();
        var image = directory.SparseFile("ext4.img", (long)sizeMiB << 20);
        var mounted = new Mounted(directory, await LoopDisk.OverAsync(image));
        await RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "nodiscard", mounted.Disk);
        await mounted.MountAsync();
        return mounted;
    }

    internal async Task MountAsync()
    {
        await RunAsync("mount", "-o", "errors=remount-ro", Disk, Place);
        isMounted = true;
    }

    internal async Task UnmountAsync()
    {
        await RunAsync("umount", Place);
        isMounted = false;
    }

    /// <summary>The path of a file in the file system.</summary>
    internal string FilePath(string name) => Path.Combine(Place, name);

    /// <summary>Fills the file system up to the last block. Removing the returned file frees the space.</summary>
    internal string FillUp()
    {
        var path = FilePath("filler");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var (block, offset) = (new byte[4096], 0L);
        try
        {
            for (; ; offset += block.Length)
            {
                RandomAccess.Write(file, block, offset);
            }
        }
        catch (IOException)
        {
            // The file system is full.
            return path;
        }
    }

    /// <summary>Makes an ext4 find an error, after which it is read-only.</summary>
    internal void CauseError() =>
        File.WriteAllText($"/sys/fs/ext4/{Path.GetFileName(Disk)}/trigger_fs_error", "a test");

    public async ValueTask DisposeAsync()
    {
        if (isMounted)
        {
            // Lazily: after a failed test, files may still be open in it.
            await PeerProcess.RunAsync("umount", "-l", Place);
        }

        if (disk is not null)
        {
            await disk.DisposeAsync();
        }

        home.Dispose();
    }
}
