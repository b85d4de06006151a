namespace DmIo.Nbd.Server;

/// <summary>Room for what small reads bring: parts of one block, one after the other, and from its beginning again when
/// all of them are sent. One user, the receive loop.</summary>
internal sealed class ReadSpace(MemoryShare share, int alignmentBytes)
{
    private PageBlock? block;
    private int used;

    /// <summary>Gives the piece room for so much; false: <see cref="RenewAsync"/> comes first.</summary>
    internal bool TryGive(Piece piece, int bytes)
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

        block.Hold();
        piece.Add(block, block.Memory.Slice(used, bytes));
        used = Math.Min(PageBlock.SizeBytes, (used + bytes + alignmentBytes - 1) & -alignmentBytes);
        return true;
    }

    /// <summary>Goes on in a fresh block; false: the share was closed.</summary>
    internal async ValueTask<bool> RenewAsync()
    {
        // First give, then take: nobody waits for a block while holding one that he does not need.
        LetGo();
        block = await share.TakeAsync().ConfigureAwait(false);
        return block is not null;
    }

    internal void LetGo()
    {
        var held = block;
        block = null;
        used = 0;
        held?.Release();
    }
}
