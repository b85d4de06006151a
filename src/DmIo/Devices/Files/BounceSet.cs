using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// The aligned pieces of bounce memory, all of the same size: pages from the owner of the device, or memory of the set
/// itself. A transfer takes all the pieces that it needs, or none. Not thread-safe.
/// </summary>
internal sealed class BounceSet : IDisposable
{
    private readonly Stack<Memory<byte>> free;
    private readonly NativeBlock? own;

    private BounceSet(IEnumerable<Memory<byte>> pieces, int pieceBytes, NativeBlock? own)
    {
        free = new Stack<Memory<byte>>(pieces);
        this.own = own;
        PieceBytes = pieceBytes;
        Count = free.Count;
    }

    internal int PieceBytes { get; }

    /// <summary>The number of pieces, free or taken.</summary>
    internal int Count { get; }

    internal static BounceSet Of(IReadOnlyList<Page> pages) =>
        new(pages.Select(page => page.Memory), Page.SizeBytes, own: null);

    internal static BounceSet Allocate(int pieces, int pieceBytes)
    {
        var block = NativeBlock.Allocate((long)pieces * pieceBytes);
        var memory = new NativeWindow(block, 0, pieces * pieceBytes).Memory;
        return new BounceSet(
            Enumerable.Range(0, pieces).Select(index => memory.Slice(index * pieceBytes, pieceBytes)),
            pieceBytes,
            block);
    }

    /// <summary>Adds <paramref name="count"/> pieces to <paramref name="taken"/>, or none.</summary>
    internal bool TryTake(int count, List<Memory<byte>> taken)
    {
        if (count > free.Count)
        {
            return false;
        }

        for (var index = 0; index < count; index++)
        {
            taken.Add(free.Pop());
        }

        return true;
    }

    /// <summary>Takes back all pieces.</summary>
    internal void Return(List<Memory<byte>> taken)
    {
        foreach (var piece in taken)
        {
            free.Push(piece);
        }

        taken.Clear();
    }

    public void Dispose() => own?.Dispose();
}
