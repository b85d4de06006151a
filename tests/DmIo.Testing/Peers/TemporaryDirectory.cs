namespace DmIo.Nbd.Tests.Peers;

/// <summary>A directory of the test's own, deleted with all that is in it. Its path is short: a unix socket's has to
/// be.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("dmio-nbd-").FullName;

    internal string FilePath(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file of zeroes, without blocks of its own.</summary>
    internal string SparseFile(string name, long lengthBytes)
    {
        var path = FilePath(name);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, lengthBytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
