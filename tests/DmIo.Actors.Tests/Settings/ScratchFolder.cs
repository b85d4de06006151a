namespace DmIo.Actors.Tests.Settings;

/// <summary>A folder for one test's files, gone with the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dmio-");

    public void Dispose() => folder.Delete(recursive: true);

    internal string PathOf(string file) => System.IO.Path.Combine(folder.FullName, file);
}
