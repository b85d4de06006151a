namespace DmIo.Tests.Devices;

/// <summary>A directory of the test's own, deleted with all that is in it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal TemporaryDirectory(string? parent = null) => Path = Directory.CreateDirectory(
        System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), $"dmio-tests-{Guid.NewGuid():N}")).FullName;

    internal string Path { get; }

    internal string FilePath(string name = "disk.img") => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
