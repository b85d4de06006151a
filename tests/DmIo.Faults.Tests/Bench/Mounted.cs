using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A small file system of the test's own, mounted until it is disposed of: in memory, or ext4 in a file behind
/// a loop device.</summary>
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

    /// <summary>Of an ext4: the loop device that it lies on.</summary>
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

    /// <summary>The path of a file in it.</summary>
    internal string FilePath(string name) => Path.Combine(Place, name);

    /// <summary>Fills it up, to the last block; removed, there is room again.</summary>
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
            // It is full.
            return path;
        }
    }

    /// <summary>An ext4 finds an error in itself, and goes read-only for good, whoever writes to it.</summary>
    internal void FailItself() =>
        File.WriteAllText($"/sys/fs/ext4/{Path.GetFileName(Disk)}/trigger_fs_error", "a test");

    public async ValueTask DisposeAsync()
    {
        if (isMounted)
        {
            // Lazily: where the test failed, something may still be open in it.
            await PeerProcess.RunAsync("umount", "-l", Place);
        }

        if (disk is not null)
        {
            await disk.DisposeAsync();
        }

        home.Dispose();
    }
}
