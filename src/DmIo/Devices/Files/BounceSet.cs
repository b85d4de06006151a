using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// The aligned buffers of bounce memory, all of the same size: pages from the owner of the device, or memory of the set
/// itself. A transfer takes all the buffers that it needs, or none. Not thread-safe.
/// </summary>
internal sealed class BounceSet : IDisposable
{
    private readonly Stack<Memory<byte>> free;
    private readonly NativeBlock? own;

    private BounceSet(IEnumerable<Memory<byte>> buffers, int bufferBytes, NativeBlock? own)
    {
        free = new Stack<Memory<byte>>(buffers);
        this.own = own;
        BufferBytes = bufferBytes;
        Count = free.Count;
    }

    internal int BufferBytes { get; }

    /// <summary>The number of buffers, free or taken.</summary>
    internal int Count { get; }

    internal static BounceSet Of(IReadOnlyList<Page> pages) =>
        new(pages.Select(page => page.Memory), Page.SizeBytes, own: null);

    internal static BounceSet Allocate(int buffers, int bufferBytes)
    {
        var block = NativeBlock.Allocate((long)buffers * bufferBytes);
        var memory = new NativeWindow(block, 0, buffers * bufferBytes).Memory;
        return new BounceSet(
            Enumerable.Range(0, buffers).Select(index => memory.Slice(index * bufferBytes, bufferBytes)),
            bufferBytes,
            block);
    }

    /// <summary>Adds <paramref name="count"/> buffers to <paramref name="taken"/>, or none.</summary>
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

    /// <summary>Takes back all buffers.</summary>
    internal void Return(List<Memory<byte>> taken)
    {
        foreach (var buffer in taken)
        {
            free.Push(buffer);
        }

        taken.Clear();
    }

    public void Dispose() => own?.Dispose();
}
