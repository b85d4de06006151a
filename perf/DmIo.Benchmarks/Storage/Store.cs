namespace DmIo.Benchmarks.Storage;

/// <summary>The store that the benchmarks write to.</summary>
public enum Store
{
    /// <summary>The service's memory device.</summary>
    Memory,

    /// <summary>A file on /dev/shm: only the page cache.</summary>
    SharedMemoryFile,
}
