namespace DmIo.Nbd.Server.Requests;

/// <summary>The requests in flight of one connection, and a pool of completed ones. A request is in flight until its
/// reply was sent, so a client that does not read its replies has at most <paramref name="limit"/>. Only the receive
/// loop begins requests; they end on any thread.</summary>
internal sealed class InFlightRequests(int limit, Func<NbdRequest> create)
{
    private readonly Lock gate = new();
    private readonly Stack<NbdRequest> idle = new();
    private TaskCompletionSource? waiter;
    private TaskCompletionSource? single;
    private int waitsFor;
    private int count;

    internal int Count => Volatile.Read(ref count);

    /// <summary>Begins a request; null: the limit is reached.</summary>
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

    /// <summary>Completes when the count is below the limit.</summary>
    internal Task RoomAsync() => BelowAsync(limit);

    /// <summary>Completes when no request is in flight.</summary>
    internal Task EmptyAsync() => BelowAsync(1);

    /// <summary>Completes when at most one request is in flight. The wait may be abandoned and repeated.</summary>
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
