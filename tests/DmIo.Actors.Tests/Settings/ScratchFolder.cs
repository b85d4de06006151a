namespace DmIo.Actors.Tests.Settings;

/// <summary>A folder for the files of one test, deleted at its end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dmio-");

    public void Dispose() => folder.Delete(recursive: true);

    internal string PathOf(string file) => System.IO.Path.Combine(folder.FullName, file);
}
