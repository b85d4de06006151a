namespace DmIo.Faults.Tests.Bench;

/// <summary>
/// A file served by another program: nbdfuse shows an export of nbdkit as a file. Its errors can be switched on and
/// off, and its server can be stopped and continued.
/// </summary>
internal sealed class FuseFile : IAsyncDisposable
{
    private readonly TemporaryDirectory home;
    private readonly NbdPeer server;
    private readonly PeerProcess fuse;
    private readonly string place;
    private readonly string switchFile;

    private FuseFile(TemporaryDirectory home, NbdPeer server, PeerProcess fuse, string place, string switchFile)
    {
        this.home = home;
        this.server = server;
        this.fuse = fuse;
        this.place = place;
        this.switchFile = switchFile;
    }

    internal string Path => System.IO.Path.Combine(place, "nbd");

    /// <summary>The process that stores the data.</summary>
    internal PeerProcess Server => server.Process;

    internal static async Task<FuseFile> OfAsync(int sizeMiB)
    {
        var directory = new TemporaryDirectory();
        var shown = Directory.CreateDirectory(directory.FilePath("fuse")).FullName;
        var (broken, idFile) = (directory.FilePath("broken"), directory.FilePath("nbdfuse.pid"));
        var nbdkit = await NbdPeer.NbdkitAsync(
            "--filter=error", "memory", $"{sizeMiB}M", "error=EIO", "error-rate=1", $"error-file={broken}");
        var nbdfuse = PeerProcess.Start("nbdfuse", "-P", idFile, shown + "/", $"{nbdkit.Uri}");
        var file = new FuseFile(directory, nbdkit, nbdfuse, shown, broken);
        try
        {
            await nbdfuse.WaitForFileAsync(idFile);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every operation fails with EIO while this is on.</summary>
    internal void Fail(bool isOn)
    {
        if (isOn)
        {
            File.WriteAllText(switchFile, "");
        }
        else
        {
            File.Delete(switchFile);
        }
    }

    /// <summary>Kills the file system; its operations have no server any longer.</summary>
    internal Task KillAsync() => fuse.KillAsync();

    public async ValueTask DisposeAsync()
    {
        Server.Continue();
        await PeerProcess.RunAsync("fusermount3", "-u", "-z", place);
        await fuse.DisposeAsync();
        await server.DisposeAsync();
        home.Dispose();
    }
}
