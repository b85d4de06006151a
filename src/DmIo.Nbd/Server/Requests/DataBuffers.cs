using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Memory for data that is not in the receive window. Large data gets its own blocks. Small reads share one
/// block: they use consecutive slices of it, starting over when all of them are sent. Used by the receive loop only,
/// which never waits for a block while it holds one that it does not need.</summary>
internal sealed class DataBuffers(MemoryShare share, int alignmentBytes)
{
    private PageBlock? block;
    private int used;

    /// <summary>Adds memory for <paramref name="bytes"/> bytes to the part, or less if only the first block is
    /// available without waiting.</summary>
    /// <returns>The number of bytes added; 0: the share was closed.</returns>
    internal ValueTask<int> AllocateAsync(RequestPart part, int bytes) =>
        bytes > PageBlock.SizeBytes ? AllocateBlocksAsync(part, bytes) : AllocateSliceAsync(part, bytes);

    /// <summary>Like <see cref="AllocateAsync"/>, but always adds whole blocks.</summary>
    internal async ValueTask<int> AllocateBlocksAsync(RequestPart part, int bytes)
    {
        Release();
        var next = await share.TakeAsync().ConfigureAwait(false);
        var allocated = 0;
        while (next is not null)
        {
            var length = Math.Min(bytes - allocated, PageBlock.SizeBytes);
            part.Add(next, next.Memory[..length]);
            allocated += length;
            next = allocated < bytes ? share.TryTake() : null;
        }

        return allocated;
    }

    internal void Release()
    {
        var held = block;
        block = null;
        used = 0;
        held?.Release();
    }

    private async ValueTask<int> AllocateSliceAsync(RequestPart part, int bytes)
    {
        while (!TryAllocateSlice(part, bytes))
        {
            Release();
            block = await share.TakeAsync().ConfigureAwait(false);
            if (block is null)
            {
                return 0;
            }
        }

        return bytes;
    }

    private bool TryAllocateSlice(RequestPart part, int bytes)
    {
        if (block is null)
        {
            return false;
        }

        used = block.IsShared ? used : 0;
        if (PageBlock.SizeBytes - used < bytes)
        {
            return false;
        }

        block.Retain();
        part.Add(block, block.Memory.Slice(used, bytes));
        used = Math.Min(PageBlock.SizeBytes, (used + bytes + alignmentBytes - 1) & -alignmentBytes);
        return true;
    }
}
