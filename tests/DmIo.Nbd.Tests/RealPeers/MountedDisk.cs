using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>An export as a block device of this machine: nbdfuse shows it as a file, a loop device makes it a disk, and
/// a file system on it is mounted. Everything is removed at the end, even if the setup failed.</summary>
internal sealed class MountedDisk : IAsyncDisposable
{
    private readonly TemporaryDirectory home;
    private readonly PeerProcess fuse;
    private readonly string shown;
    private string? loop;
    private bool isMounted;

    private MountedDisk(TemporaryDirectory home, PeerProcess fuse, string shown)
    {
        this.home = home;
        this.fuse = fuse;
        this.shown = shown;
    }

    /// <summary>The disk, as a file.</summary>
    internal string File => Path.Combine(shown, "nbd");

    /// <summary>The mount point.</summary>
    internal string Place => home.FilePath("mnt");

    internal static async Task<MountedDisk> AttachAsync(TemporaryDirectory home, string uri)
    {
        var place = Directory.CreateDirectory(home.FilePath("fuse")).FullName;
        Directory.CreateDirectory(home.FilePath("mnt"));
        var idFile = home.FilePath("nbdfuse.pid");
        var process = PeerProcess.Start("nbdfuse", "-P", idFile, place + "/", uri);
        var disk = new MountedDisk(home, process, place);
        try
        {
            await process.WaitForFileAsync(idFile);
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    internal async Task MakeFileSystemAsync() => await RunAsync("mkfs.ext4", "-q", "-F", await LoopAsync());

    internal async Task MountAsync()
    {
        await RunAsync("mount", await LoopAsync(), Place);
        isMounted = true;
    }

    internal async Task UnmountAsync()
    {
        await RunAsync("umount", Place);
        isMounted = false;
        await RunAsync("losetup", "-d", loop!);
        loop = null;
    }

    private async Task<string> LoopAsync() =>
        loop ??= (await RunAsync("losetup", "--direct-io=on", "-f", "--show", File)).Trim();

    public async ValueTask DisposeAsync()
    {
        // Undoes the completed steps in reverse order. A failed step must not prevent the next.
        if (isMounted)
        {
            await PeerProcess.RunAsync("umount", Place);
        }

        if (loop is not null)
        {
            await PeerProcess.RunAsync("losetup", "-d", loop);
        }

        await PeerProcess.RunAsync("fusermount3", "-u", shown);
        await fuse.DisposeAsync();
    }
}
