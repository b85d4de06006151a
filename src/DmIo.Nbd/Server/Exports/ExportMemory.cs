using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Nbd.Server.Exports;

/// <summary>
/// An export's lease, divided into blocks that its connections share, first come, first served. A connection without
/// blocks gets its first only if a second is available: with two blocks, one to receive into and one for data, a
/// connection makes progress, so there is no deadlock. It gets further blocks while more are free than it holds, and
/// more than a quarter: a client that does not read its replies holds at most half, and several of them leave a quarter
/// to connections with fewer than two. Connections whose clients pause in the middle of a request hold at most a
/// quarter of the blocks, so half of the memory remains for others, including the second blocks that are promised to
/// them. Above that, the connection that has waited longest returns its blocks. Thread-safe.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item><c>free &gt;= promised</c>, the number of shares with one block.</item>
/// <item><c>pausedBlocks</c> is the sum over <c>paused</c>, and exceeds a quarter only inside
/// <see cref="BeginPause"/>.</item>
/// </list>
/// </remarks>
internal sealed class ExportMemory
{
    /// <summary>The number of blocks with which a connection makes progress.</summary>
    internal const int WorkingSet = 2;

    /// <summary>The reciprocal of the fraction that paused clients may hold, and of the fraction that is reserved for
    /// working sets.</summary>
    private const int ReservedPart = 4;

    private readonly Lock gate = new();
    private readonly Stack<PageBlock> free;
    private readonly List<MemoryShare> waiting = [];
    private readonly LinkedList<MemoryShare> paused = [];
    private int promised;
    private int pausedBlocks;

    internal ExportMemory(IReadOnlyCollection<PageBlock> blocks)
    {
        Invariant.Require(blocks.Count >= WorkingSet);
        free = new Stack<PageBlock>(blocks);
        BlockCount = blocks.Count;
    }

    internal int BlockCount { get; }

    internal int BlocksInUse
    {
        get
        {
            lock (gate)
            {
                return BlockCount - free.Count;
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
            blocks.Add(new PageBlock(VirtualBuffer.Allocate(PageBlock.SizeBytes).GetMemory(0, PageBlock.SizeBytes)));
        }

        return new ExportMemory(blocks);
    }

    internal PageBlock? TryTake(MemoryShare share)
    {
        lock (gate)
        {
            return MayTake(share) ? Grant(share) : null;
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

            // A waiting share cannot take a block here, so none is overtaken.
            if (MayTake(share))
            {
                return new ValueTask<PageBlock?>(Grant(share));
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
            free.Push(block);
            SetHeld(share, share.Held - 1);
            for (var index = 0; index < waiting.Count;)
            {
                var next = waiting[index];
                if (MayTake(next))
                {
                    waiting.RemoveAt(index);
                    Answer(next, Grant(next));
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

    private bool MayTake(MemoryShare share) => !share.IsClosed && share.Held switch
    {
        0 => free.Count - promised >= WorkingSet,
        1 => free.Count > 0,
        _ => free.Count - promised > Math.Max(share.Held, BlockCount / ReservedPart),
    };

    private PageBlock Grant(MemoryShare share)
    {
        var block = free.Pop();
        SetHeld(share, share.Held + 1);
        block.Assign(share);
        return block;
    }

    private void SetHeld(MemoryShare share, int held)
    {
        promised += (held == 1 ? 1 : 0) - (share.Held == 1 ? 1 : 0);
        share.Held = held;
        Invariant.Require(held >= 0 && free.Count >= promised);
    }

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
