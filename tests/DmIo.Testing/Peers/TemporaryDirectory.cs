namespace DmIo.Testing.Peers;

/// <summary>A directory of the test's own, deleted with all that is in it. Its path is short: a unix socket's has to
/// be.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <param name="parent">The directory of the directory; null: that of the system for temporary files.</param>
    internal TemporaryDirectory(string? parent = null) => Path = parent is null
        ? Directory.CreateTempSubdirectory("dmio-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"dmio-{Guid.NewGuid():N}")).FullName;

    internal string Path { get; }

    internal string FilePath(string name = "disk.img") => System.IO.Path.Combine(Path, name);

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
