namespace DmIo.Nbd.Server;

/// <summary>What one connection has of its export's memory. Blocks are taken by its receive loop alone, and come back
/// from any thread.</summary>
internal sealed class MemoryShare(ExportMemory memory)
{
    /// <summary>Blocks that it has. The memory's own, as the two below.</summary>
    internal int Held { get; set; }

    /// <summary>It waits for a block.</summary>
    internal TaskCompletionSource<PageBlock?>? Waiter { get; set; }

    internal bool IsClosed { get; set; }

    /// <summary>A block if one can be had now.</summary>
    internal PageBlock? TryTake() => memory.TryTake(this);

    /// <summary>A block, when it is this connection's turn; null: the share was closed.</summary>
    internal ValueTask<PageBlock?> TakeAsync() => memory.TakeAsync(this);

    /// <summary>From any thread: no more blocks, and no more waiting for one.</summary>
    internal void Close() => memory.Close(this);

    internal void Return(PageBlock block) => memory.Return(this, block);
}
