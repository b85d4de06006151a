namespace DmIo.Actors.Scheduling;

/// <summary>Objects out of use, for the next who needs one. Keeps no more than <see cref="Most"/>: what is beyond is
/// the garbage collector's, so that a burst is not kept for ever. Single owner.</summary>
internal sealed class ObjectPool<T>
    where T : class, new()
{
    private const int Most = 4096;

    private readonly Stack<T> items = new();

    internal T Take() => items.TryPop(out var item) ? item : new T();

    /// <summary>It refers to nothing any more.</summary>
    internal void Return(T item)
    {
        if (items.Count < Most)
        {
            items.Push(item);
        }
    }
}
