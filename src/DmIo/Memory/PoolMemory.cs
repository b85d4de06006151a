namespace DmIo.Memory;

/// <summary>
/// The native blocks that a pool's pages lie in, in the order in which they came; none ever leaves. Written by the
/// pool, read from any thread without a lock. A reader that keeps the address of a block holds the block.
/// </summary>
internal sealed class PoolMemory
{
    private volatile NativeBlock[] blocks = [];

    /// <summary>All blocks so far; a snapshot that never changes.</summary>
    internal ReadOnlySpan<NativeBlock> Blocks => blocks;

    /// <summary>The pool only.</summary>
    internal void Add(NativeBlock block) => blocks = [.. blocks, block];
}
