namespace DmIo.Compare;

/// <summary>
/// The files that a contest is held on: written from end to end before it, since holes cost nothing to read, and
/// removed after it, however it ends. So are the servers that it needs.
/// </summary>
internal sealed class TestFiles : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int Seed = 1;

    private readonly List<string> paths = [];
    private readonly List<IDisposable> owned = [];

    /// <summary>A new file of random bytes, on its store.</summary>
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

    /// <summary>A new file of text.</summary>
    internal string AddText(string directory, string text)
    {
        var path = Reserve(directory, "conf");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A path for a file that somebody else makes.</summary>
    internal string Reserve(string directory, string extension)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(Path.GetFullPath(directory), $"dmio-compare-{Guid.NewGuid():N}.{extension}");
        paths.Add(path);
        return path;
    }

    /// <summary>Something that uses the files; it ends before they are removed, the last first.</summary>
    internal void Own(IDisposable user) => owned.Add(user);

    public void Dispose()
    {
        owned.Reverse();
        owned.ForEach(user => user.Dispose());
        paths.ForEach(File.Delete);
    }
}
