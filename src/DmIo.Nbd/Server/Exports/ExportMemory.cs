using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Nbd.Server.Exports;

/// <summary>
/// An export's lease, divided into blocks that its connections share, first come, first served. A connection with fewer
/// than two blocks never waits: one block to receive into and one for the data of a request are enough to serve it. If
/// no block is free, it gets one outside of the lease. So clients that read no replies do not stop other clients, and
/// the memory outside of the lease is bounded by two blocks per connection. A connection gets further blocks while more
/// blocks are free than it has, and more than a quarter of the lease: one that reads no replies has half of the lease
/// at most. Connections whose clients pause in the middle of a request hold a quarter of the blocks at most: above
/// that, the connection that has waited longest returns its blocks. Thread-safe.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item><c>0 &lt;= free &lt;= BlockCount + extra</c>; <c>extra</c> counts the blocks outside of the lease.</item>
/// <item>A share that waits has two blocks or more, unless the system had no memory for a block outside of the
/// lease.</item>
/// <item><c>pausedBlocks</c> is the sum over <c>paused</c>, and exceeds a quarter only inside
/// <see cref="BeginPause"/>.</item>
/// </list>
/// </remarks>
internal sealed class ExportMemory
{
    /// <summary>A connection with fewer blocks does not wait.</summary>
    internal const int WorkingSet = 2;

    /// <summary>The reciprocal of the fraction that paused clients may hold, and of the fraction that is reserved for
    /// connections below their working set.</summary>
    private const int ReservedPart = 4;

    private readonly Lock gate = new();
    private readonly Stack<PageBlock> free;
    private readonly List<MemoryShare> waiting = [];
    private readonly LinkedList<MemoryShare> paused = [];
    private int extra;
    private int pausedBlocks;

    internal ExportMemory(IReadOnlyCollection<PageBlock> blocks)
    {
        Invariant.Require(blocks.Count >= WorkingSet);
        free = new Stack<PageBlock>(blocks);
        BlockCount = blocks.Count;
    }

    /// <summary>Blocks of the lease.</summary>
    internal int BlockCount { get; }

    /// <summary>Blocks that connections have: at most all of the lease; those outside of it are not counted.</summary>
    internal int BlocksInUse
    {
        get
        {
            lock (gate)
            {
                return Math.Min(BlockCount, BlockCount + extra - free.Count);
            }
        }
    }

    /// <summary>Blocks outside of the lease, in use or free.</summary>
    internal int ExtraBlocks
    {
        get
        {
            lock (gate)
            {
                return extra;
            }
        }
    }

    /// <summary>Divides the pages of a lease into blocks. For pages that are not contiguous, the same number of blocks
    /// is allocated elsewhere: the lease grants an amount of memory, not specific pages.</summary>
    internal static ExportMemory Of(IReadOnlyList<Page> pages)
    {
        var blocks = new List<PageBlock>(pages.Count / PageBlock.PagesEach);
        for (var index = 0; index <= pages.Count - PageBlock.PagesEach;)
        {
            if (TryJoin(pages, index, out var memory))
            {
                blocks.Add(new PageBlock(memory));
                index += PageBlock.PagesEach;
            }
            else
            {
                index++;
            }
        }

        for (var missing = (pages.Count / PageBlock.PagesEach) - blocks.Count; missing > 0; missing--)
        {
            blocks.Add(NewBlock(isExtra: false));
        }

        return new ExportMemory(blocks);
    }

    internal PageBlock? TryTake(MemoryShare share)
    {
        lock (gate)
        {
            return TryGrant(share);
        }
    }

    internal ValueTask<PageBlock?> TakeAsync(MemoryShare share)
    {
        lock (gate)
        {
            if (share.IsClosed)
            {
                return default;
            }

            // Waiting shares cannot take a block here, so none of them is overtaken.
            if (TryGrant(share) is { } block)
            {
                return new ValueTask<PageBlock?>(block);
            }

            Invariant.Require(share.Waiter is null);
            share.Waiter = new TaskCompletionSource<PageBlock?>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add(share);
            return new ValueTask<PageBlock?>(share.Waiter.Task);
        }
    }

    internal void Return(MemoryShare share, PageBlock block)
    {
        lock (gate)
        {
            share.Held--;
            Invariant.Require(share.Held >= 0);
            if (block.IsExtra && free.Count > BlockCount / ReservedPart)
            {
                extra--;
            }
            else
            {
                free.Push(block);
            }

            for (var index = 0; index < waiting.Count;)
            {
                var next = waiting[index];
                if (TryGrant(next) is { } granted)
                {
                    waiting.RemoveAt(index);
                    Answer(next, granted);
                }
                else
                {
                    index++;
                }
            }
        }
    }

    /// <summary>The connection of the share waits for its client, and holds <paramref name="blocks"/> blocks. While
    /// paused connections hold more than a quarter, those that have waited longest return their blocks.</summary>
    internal void BeginPause(MemoryShare share, int blocks)
    {
        lock (gate)
        {
            share.PausedBlocks = blocks;
            pausedBlocks += blocks;
            paused.AddLast(share.PausedNode);
        }

        while (TakeLongestPaused() is { } longest)
        {
            longest.Reclaim();
        }
    }

    internal void EndPause(MemoryShare share)
    {
        lock (gate)
        {
            RemovePaused(share);
        }
    }

    internal void Close(MemoryShare share)
    {
        lock (gate)
        {
            share.IsClosed = true;
            if (waiting.Remove(share))
            {
                Answer(share, null);
            }
        }
    }

    private static void Answer(MemoryShare share, PageBlock? block)
    {
        var waiter = share.Waiter!;
        share.Waiter = null;
        waiter.SetResult(block);
    }

    private MemoryShare? TakeLongestPaused()
    {
        lock (gate)
        {
            if (pausedBlocks <= BlockCount / ReservedPart || paused.First is not { Value: var longest })
            {
                return null;
            }

            RemovePaused(longest);
            return longest;
        }
    }

    private void RemovePaused(MemoryShare share)
    {
        if (share.PausedNode.List is not null)
        {
            paused.Remove(share.PausedNode);
            pausedBlocks -= share.PausedBlocks;
        }
    }

    /// <summary>Null: the share has its working set, or is closed.</summary>
    private PageBlock? TryGrant(MemoryShare share)
    {
        var needsOne = share.Held < WorkingSet;
        if (share.IsClosed || !(needsOne || free.Count > Math.Max(share.Held, BlockCount / ReservedPart)))
        {
            return null;
        }

        if (!free.TryPop(out var block))
        {
            try
            {
                block = NewBlock(isExtra: true);
            }
            catch (OutOfMemoryException)
            {
                return null;
            }

            extra++;
        }

        share.Held++;
        block.Assign(share);
        return block;
    }

    private static PageBlock NewBlock(bool isExtra) =>
        new(VirtualBuffer.Allocate(PageBlock.SizeBytes).GetMemory(0, PageBlock.SizeBytes)) { IsExtra = isExtra };

    private static bool TryJoin(IReadOnlyList<Page> pages, int first, out Memory<byte> joined)
    {
        joined = default;
        if (!TryLocate(pages[first], out var manager, out var start))
        {
            return false;
        }

        for (var next = 1; next < PageBlock.PagesEach; next++)
        {
            if (!TryLocate(pages[first + next], out var other, out var at)
                || !ReferenceEquals(other, manager) || at != start + (next * Page.SizeBytes))
            {
                return false;
            }
        }

        joined = manager.Memory.Slice(start, PageBlock.SizeBytes);
        return true;
    }

    private static bool TryLocate(Page page, [NotNullWhen(true)] out MemoryManager<byte>? manager, out int start) =>
        MemoryMarshal.TryGetMemoryManager<byte, MemoryManager<byte>>(
            page.Memory, out manager, out start, out _);
}
