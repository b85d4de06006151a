using DmIo.Memory;

namespace DmIo.Nbd.Server.Exports;

/// <summary>The part of an export's memory that one connection holds. Only its receive loop takes blocks; any thread
/// returns them.</summary>
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

    /// <summary>The number of blocks held. This property and the next four are used by <see cref="ExportMemory"/>
    /// only.</summary>
    internal int Held { get; set; }

    /// <summary>Set while the share waits for a block.</summary>
    internal TaskCompletionSource<PageBlock?>? Waiter { get; set; }

    internal bool IsClosed { get; set; }

    internal LinkedListNode<MemoryShare> PausedNode { get; }

    internal int PausedBlocks { get; set; }

    /// <summary>A block, if one is available.</summary>
    internal PageBlock? TryTake() => memory.TryTake(this);

    /// <summary>Waits for a block; null: the share was closed.</summary>
    internal ValueTask<PageBlock?> TakeAsync() => memory.TakeAsync(this);

    /// <summary>The receive loop waits for its client, and holds blocks for an incomplete request.</summary>
    /// <param name="blocks">1 or more.</param>
    /// <param name="reclaimed">Returns the blocks when others need them. Called at most once, on any thread, before
    /// <see cref="EndPause"/> returns.</param>
    internal void BeginPause(int blocks, Action reclaimed)
    {
        lock (gate)
        {
            reclaim = reclaimed;
        }

        memory.BeginPause(this, blocks);
    }

    /// <summary>From here on, blocks that were not returned belong to the receive loop.</summary>
    internal void EndPause()
    {
        memory.EndPause(this);
        lock (gate)
        {
            reclaim = null;
        }
    }

    /// <summary>Called by the memory without its lock. Returns the blocks, unless the pause has ended.</summary>
    internal void Reclaim()
    {
        lock (gate)
        {
            var call = reclaim;
            reclaim = null;
            call?.Invoke();
        }
    }

    /// <summary>Ends waiting, and refuses further blocks. Thread-safe.</summary>
    internal void Close() => memory.Close(this);

    internal void Return(PageBlock block) => memory.Return(this, block);
}

/// <summary>64 KiB of contiguous memory of an export, to receive into, read into and send from. Reference-counted; the
/// last release, on any thread, returns it to its share.</summary>
internal sealed class PageBlock(Memory<byte> memory)
{
    internal const int SizeBytes = 64 * 1024;

    internal const int PagesEach = SizeBytes / Page.SizeBytes;

    private MemoryShare? share;
    private int users;

    internal Memory<byte> Memory { get; } = memory;

    /// <summary>It is not part of the export's lease.</summary>
    internal bool IsExtra { get; init; }

    /// <summary>There are users other than the caller.</summary>
    internal bool IsShared => Volatile.Read(ref users) > 1;

    /// <summary>Called by the memory: sets the owner and the first reference.</summary>
    internal void Assign(MemoryShare holder)
    {
        Invariant.Require(users == 0);
        share = holder;
        users = 1;
    }

    /// <summary>Adds a reference. The caller must have one.</summary>
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
