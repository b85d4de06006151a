namespace DmIo.Testing.Peers;

/// <summary>A directory for one test, deleted with its content. Its path is short, as paths of unix sockets must
/// be.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <param name="parent">The parent directory; null: the system's directory for temporary files.</param>
    internal TemporaryDirectory(string? parent = null) => Path = parent is null
        ? Directory.CreateTempSubdirectory("dmio-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"dmio-{Guid.NewGuid():N}")).FullName;

    internal string Path { get; }

    internal string FilePath(string name = "disk.img") => System.IO.Path.Combine(Path, name);

    /// <summary>Creates a sparse file of zeroes.</summary>
    internal string SparseFile(string name, long lengthBytes)
    {
        var path = FilePath(name);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, lengthBytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
