namespace DmIo.Compare;

/// <summary>
/// The files that a contest is held on: written from end to end before it, since holes cost nothing to read, and
/// removed after it, however it ends.
/// </summary>
internal sealed class TestFiles : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int Seed = 1;

    private readonly List<string> paths = [];

    /// <summary>A new file of random bytes, on its store.</summary>
    internal string Add(string directory, long lengthBytes)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(Path.GetFullPath(directory), $"dmio-compare-{Guid.NewGuid():N}.img");
        paths.Add(path);
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
        Directory.CreateDirectory(directory);
        var path = Path.Combine(Path.GetFullPath(directory), $"dmio-compare-{Guid.NewGuid():N}.conf");
        paths.Add(path);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => paths.ForEach(File.Delete);
}
