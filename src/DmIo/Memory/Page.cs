namespace DmIo.Memory;

/// <summary>
/// 4096 bytes of native memory at an address that is a multiple of 4096 and never changes, so that direct I/O and
/// native code can use it as it is. Belongs to the lease that it came with, until that is put back.
/// </summary>
public sealed class Page
{
    /// <summary>Bytes in a page, whatever the machine's own page size.</summary>
    public const int SizeBytes = 4096;

    internal Page(Memory<byte> memory, Memory<byte> guard = default)
    {
        Invariant.Require(memory.Length == SizeBytes);
        Memory = memory;
        Guard = guard;
    }

    /// <summary>
    /// The page's bytes. Holding this keeps the memory from being freed, not from being leased to another.
    /// </summary>
    public Memory<byte> Memory { get; }

    /// <summary>Bytes behind it that are nobody's; none where the pool is not checked.</summary>
    internal Memory<byte> Guard { get; }
}
