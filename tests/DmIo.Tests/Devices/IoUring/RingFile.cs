using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>A file of random bytes for one test, open for reading and writing.</summary>
internal sealed class RingFile : IDisposable
{
    internal const int SizeBytes = 1 << 20;

    private readonly TemporaryDirectory directory;

    /// <param name="parent">Its directory; null: the one for temporary files.</param>
    internal RingFile(string? parent = null)
    {
        directory = new TemporaryDirectory(parent);
        Content = Bytes.Random(SizeBytes, 7);
        File.WriteAllBytes(Path, Content);
        Store = Open();
    }

    internal string Path => directory.FilePath();

    /// <summary>The initial content.</summary>
    internal byte[] Content { get; }

    internal LinuxFileStore Store { get; }

    internal LinuxFileStore Open() => new(
        File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite),
        capacity: ByteSize.FromBytes(SizeBytes),
        isReadOnly: false);

    public void Dispose()
    {
        Store.Dispose();
        directory.Dispose();
    }
}
