using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Room for data that are not in the window. Large ones get blocks of their own; what small reads bring goes
/// into parts of one block, one after the other, and from its beginning again when all of them are sent. One user, the
/// receive loop, which never waits for a block while it holds one that it does not need.</summary>
internal sealed class DataBuffers(MemoryShare share, int alignmentBytes)
{
    private PageBlock? block;
    private int used;

    /// <summary>Gives the part room for that many bytes, or for as many as can be had without waiting for more than
    /// the first block.</summary>
    /// <returns>For how many; 0: the share was closed.</returns>
    internal ValueTask<int> GiveAsync(RequestPart part, int bytes) =>
        bytes > PageBlock.SizeBytes ? GiveBlocksAsync(part, bytes) : GivePartAsync(part, bytes);

    /// <summary>The same, always in blocks that nobody else uses.</summary>
    internal async ValueTask<int> GiveBlocksAsync(RequestPart part, int bytes)
    {
        Release();
        var next = await share.TakeAsync().ConfigureAwait(false);
        var given = 0;
        while (next is not null)
        {
            var length = Math.Min(bytes - given, PageBlock.SizeBytes);
            part.Add(next, next.Memory[..length]);
            given += length;
            next = given < bytes ? share.TryTake() : null;
        }

        return given;
    }

    internal void Release()
    {
        var held = block;
        block = null;
        used = 0;
        held?.Release();
    }

    private async ValueTask<int> GivePartAsync(RequestPart part, int bytes)
    {
        while (!TryGivePart(part, bytes))
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

    private bool TryGivePart(RequestPart part, int bytes)
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
