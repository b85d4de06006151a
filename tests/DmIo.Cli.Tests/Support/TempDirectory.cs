namespace DmIo.Cli.Tests.Support;

/// <summary>The directory of one test, deleted after the test.</summary>
internal sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmio-cli-");

    public string Root => directory.FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file of random bytes.</summary>
    public string Fill(string name, int lengthBytes, int seed)
    {
        File.WriteAllBytes(PathOf(name), Bytes.Random(lengthBytes, seed));
        return PathOf(name);
    }

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    public void Dispose() => directory.Delete(recursive: true);
}
