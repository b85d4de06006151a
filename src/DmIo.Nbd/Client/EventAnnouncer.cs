using System.Collections.Concurrent;

namespace DmIo.Nbd.Client;

/// <summary>Tells events in their order, one at a time, on a thread of the pool: never on that of who has something to
/// tell, which holds locks.</summary>
internal sealed class EventAnnouncer<T>(Action<T> tell)
{
    private readonly ConcurrentQueue<T> untold = new();
    private int telling;

    internal void Announce(T news)
    {
        untold.Enqueue(news);
        if (Interlocked.Increment(ref telling) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static announcer => announcer.TellAll(), this, preferLocal: false);
        }
    }

    private void TellAll()
    {
        do
        {
            untold.TryDequeue(out var news);
            tell(news!);
        }
        while (Interlocked.Decrement(ref telling) > 0);
    }
}
