namespace DmIo.Benchmarks.Storage;

/// <summary>Where the benchmarks write to.</summary>
public enum Store
{
    /// <summary>The service's memory device.</summary>
    Memory,

    /// <summary>A file on /dev/shm: the page cache and nothing behind it.</summary>
    SharedMemoryFile,
}
