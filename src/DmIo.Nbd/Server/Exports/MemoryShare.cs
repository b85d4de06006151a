using DmIo.Memory;

namespace DmIo.Nbd.Server.Exports;

/// <summary>What one connection has of its export's memory. Blocks are taken by its receive loop alone, and come back
/// from any thread.</summary>
internal sealed class MemoryShare
{
    private readonly ExportMemory memory;
    private readonly Lock gate = new();
    private Action? reclaim;

    internal MemoryShare(ExportMemory memory)
    {
        this.memory = memory;
        PausedNode = new LinkedListNode<MemoryShare>(this);
    }

    /// <summary>Blocks that it has. The memory's own, as the four below.</summary>
    internal int Held { get; set; }

    /// <summary>It waits for a block.</summary>
    internal TaskCompletionSource<PageBlock?>? Waiter { get; set; }

    internal bool IsClosed { get; set; }

    internal LinkedListNode<MemoryShare> PausedNode { get; }

    internal int PausedBlocks { get; set; }

    /// <summary>A block if one can be had now.</summary>
    internal PageBlock? TryTake() => memory.TryTake(this);

    /// <summary>A block, when it is this connection's turn; null: the share was closed.</summary>
    internal ValueTask<PageBlock?> TakeAsync() => memory.TakeAsync(this);

    /// <summary>The receive loop waits for its client, and holds that many blocks for an unfinished request.</summary>
    /// <param name="blocks">1 or more.</param>
    /// <param name="reclaimed">Gives them back. Called before <see cref="EndPause"/> returns, on any thread, at most
    /// once; it is called when others need the memory.</param>
    internal void BeginPause(int blocks, Action reclaimed)
    {
        lock (gate)
        {
            reclaim = reclaimed;
        }

        memory.BeginPause(this, blocks);
    }

    /// <summary>From here on the blocks, if they were not given back, are the receive loop's.</summary>
    internal void EndPause()
    {
        memory.EndPause(this);
        lock (gate)
        {
            reclaim = null;
        }
    }

    /// <summary>By the memory, without its lock: gives back what is held for the client, unless the pause has
    /// ended.</summary>
    internal void Reclaim()
    {
        lock (gate)
        {
            var call = reclaim;
            reclaim = null;
            call?.Invoke();
        }
    }

    /// <summary>From any thread: no more blocks, and no more waiting for one.</summary>
    internal void Close() => memory.Close(this);

    internal void Return(PageBlock block) => memory.Return(this, block);
}

/// <summary>
/// 64 KiB of an export's memory in one part: what is received into, read into and sent from. Counted by those who use
/// parts of it; with the last of them it goes back to where it came from, from any thread.
/// </summary>
internal sealed class PageBlock(Memory<byte> memory)
{
    internal const int SizeBytes = 64 * 1024;

    internal const int PagesEach = SizeBytes / Page.SizeBytes;

    private MemoryShare? share;
    private int users;

    internal Memory<byte> Memory { get; } = memory;

    /// <summary>It is not part of the export's lease.</summary>
    internal bool IsExtra { get; init; }

    /// <summary>Others than the caller, who is one, use it.</summary>
    internal bool IsShared => Volatile.Read(ref users) > 1;

    /// <summary>The memory only: its first user has it.</summary>
    internal void Give(MemoryShare holder)
    {
        Invariant.Require(users == 0);
        share = holder;
        users = 1;
    }

    /// <summary>One more user; only by one.</summary>
    internal void Retain() => Interlocked.Increment(ref users);

    internal void Release()
    {
        var left = Interlocked.Decrement(ref users);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            share!.Return(this);
        }
    }
}
