namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// The requests of one connection that are under way, and those that wait to be used again. One counts until its
/// reply was sent, so that a client that does not read has no more than <paramref name="limit"/> of them. Begun by the
/// receive loop alone; ended from any thread.
/// </summary>
internal sealed class InFlightRequests(int limit, Func<NbdRequest> create)
{
    private readonly Lock gate = new();
    private readonly Stack<NbdRequest> idle = new();
    private TaskCompletionSource? waiter;
    private TaskCompletionSource? single;
    private int waitsFor;
    private int count;

    internal int Count => Volatile.Read(ref count);

    /// <summary>One more, if there is room for it.</summary>
    internal NbdRequest? TryBegin()
    {
        lock (gate)
        {
            if (count == limit)
            {
                return null;
            }

            count++;
            return idle.TryPop(out var request) ? request : create();
        }
    }

    /// <summary>There is room for one more.</summary>
    internal Task RoomAsync() => BelowAsync(limit);

    /// <summary>None is under way.</summary>
    internal Task EmptyAsync() => BelowAsync(1);

    /// <summary>No more than one is under way. The wait may be given up, and asked for again.</summary>
    internal Task SingleAsync()
    {
        lock (gate)
        {
            if (count <= 1)
            {
                return Task.CompletedTask;
            }

            single ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return single.Task;
        }
    }

    internal void End(List<NbdRequest> requests)
    {
        TaskCompletionSource? reached = null;
        TaskCompletionSource? left = null;
        lock (gate)
        {
            requests.ForEach(idle.Push);
            count -= requests.Count;
            Invariant.Require(count >= 0);
            if (waiter is not null && count < waitsFor)
            {
                reached = waiter;
                waiter = null;
            }

            if (count <= 1)
            {
                left = single;
                single = null;
            }
        }

        reached?.SetResult();
        left?.SetResult();
    }

    private Task BelowAsync(int bound)
    {
        lock (gate)
        {
            if (count < bound)
            {
                return Task.CompletedTask;
            }

            Invariant.Require(waiter is null);
            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waitsFor = bound;
            return waiter.Task;
        }
    }
}
