namespace DmIo.Compare;

/// <summary>
/// The files of a contest. They are completely written before it, since reads of holes are cheap, and removed after it,
/// however it ends; the same applies to its servers.
/// </summary>
internal sealed class TestFiles : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int Seed = 1;

    private readonly List<string> paths = [];
    private readonly List<IDisposable> owned = [];

    /// <summary>Creates a file of random bytes and flushes it to its store.</summary>
    internal string Add(string directory, long lengthBytes)
    {
        var path = Reserve(directory, "img");
        var chunk = new byte[ChunkBytes];
        new Random(Seed).NextBytes(chunk);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        for (var position = 0L; position < lengthBytes; position += ChunkBytes)
        {
            RandomAccess.Write(file, chunk.AsSpan(0, (int)Math.Min(ChunkBytes, lengthBytes - position)), position);
        }

        RandomAccess.FlushToDisk(file);
        return path;
    }

    /// <summary>Creates a file without data: legs that read as zero throughout are in sync from the start.</summary>
    internal string AddSparse(string directory, long lengthBytes)
    {
        var path = Reserve(directory, "img");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, lengthBytes);
        return path;
    }

    /// <summary>Creates a text file.</summary>
    internal string AddText(string directory, string text)
    {
        var path = Reserve(directory, "conf");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A path for a file that another program creates.</summary>
    internal string Reserve(string directory, string extension)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(Path.GetFullPath(directory), $"dmio-compare-{Guid.NewGuid():N}.{extension}");
        paths.Add(path);
        return path;
    }

    /// <summary>Adds an object that uses the files; it is disposed before they are removed, in reverse order.</summary>
    internal void Own(IDisposable user) => owned.Add(user);

    public void Dispose()
    {
        owned.Reverse();
        owned.ForEach(user => user.Dispose());
        paths.ForEach(File.Delete);
    }
}
