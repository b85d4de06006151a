namespace DmIo.Actors.Scheduling;

/// <summary>Unused objects for reuse. Keeps at most <see cref="MaxCount"/>, and drops the others, so that the memory of
/// a burst is released. Not thread-safe.</summary>
internal sealed class ObjectPool<T>
    where T : class, new()
{
    private const int MaxCount = 4096;

    private readonly Stack<T> items = new();

    internal T Take() => items.TryPop(out var item) ? item : new T();

    /// <summary>Returns an object, which must hold no references.</summary>
    internal void Return(T item)
    {
        if (items.Count < MaxCount)
        {
            items.Push(item);
        }
    }
}
