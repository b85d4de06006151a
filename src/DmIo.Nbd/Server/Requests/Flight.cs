namespace DmIo.Nbd.Server;

/// <summary>
/// The transactions of one connection that are under way, and those that wait to be used again. One counts until its
/// reply was sent, so that a client that does not read has no more than <paramref name="limit"/> of them. Begun by the
/// receive loop alone; ended from any thread.
/// </summary>
internal sealed class Flight(int limit, Func<Transaction> create)
{
    private readonly Lock gate = new();
    private readonly Stack<Transaction> idle = new();
    private TaskCompletionSource? waiter;
    private int waitsFor;
    private int count;

    internal int Count => Volatile.Read(ref count);

    /// <summary>One more, if there is room for it.</summary>
    internal Transaction? TryBegin()
    {
        lock (gate)
        {
            if (count == limit)
            {
                return null;
            }

            count++;
            return idle.TryPop(out var transaction) ? transaction : create();
        }
    }

    /// <summary>There is room for one more.</summary>
    internal Task RoomAsync() => BelowAsync(limit);

    /// <summary>None is under way.</summary>
    internal Task EmptyAsync() => BelowAsync(1);

    internal void End(List<Transaction> transactions)
    {
        TaskCompletionSource? reached = null;
        lock (gate)
        {
            transactions.ForEach(idle.Push);
            count -= transactions.Count;
            Invariant.Require(count >= 0);
            if (waiter is not null && count < waitsFor)
            {
                reached = waiter;
                waiter = null;
            }
        }

        reached?.SetResult();
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
