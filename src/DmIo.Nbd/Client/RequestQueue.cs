namespace DmIo.Nbd.Client;

/// <summary>Requests that wait to be sent, in order; retries come first. It also enforces how long they may wait: the
/// request timeout, or, without a connection, <see cref="NbdDeviceOptions.ReconnectWait"/>.</summary>
internal sealed class RequestQueue(NbdDeviceOptions options, DeadlineTimer timer)
{
    private readonly Queue<ClientRequest> retried = new();
    private readonly Queue<ClientRequest> added = new();

    internal int Count => retried.Count + added.Count;

    internal ClientRequest? First =>
        retried.TryPeek(out var request) || added.TryPeek(out request) ? request : null;

    internal void Add(ClientRequest request)
    {
        added.Enqueue(request);
        ScheduleTimer(request, options.RequestTimeout);
    }

    /// <summary>Adds a request whose connection was lost.</summary>
    internal void AddRetry(ClientRequest request) => retried.Enqueue(request);

    internal void RemoveFirst()
    {
        if (!retried.TryDequeue(out _))
        {
            added.Dequeue();
        }
    }

    /// <summary>The request has exceeded its timeout. If not, the timer is scheduled.</summary>
    internal bool HasTimedOut(ClientRequest request) => HasPassed(request, options.RequestTimeout);

    /// <summary>Removes the requests that have waited too long.</summary>
    internal List<ClientRequest> TakeOverdue(bool isConnected)
    {
        List<ClientRequest> overdue = [];
        foreach (var queue in (Queue<ClientRequest>[])[retried, added])
        {
            for (var left = queue.Count; left > 0; left--)
            {
                var request = queue.Dequeue();
                var waitsForConnection = !isConnected && request.Tries == 0;
                if (HasTimedOut(request) || (waitsForConnection && HasWaitedForConnection(request)))
                {
                    overdue.Add(request);
                }
                else
                {
                    queue.Enqueue(request);
                }
            }
        }

        return overdue;
    }

    private bool HasWaitedForConnection(ClientRequest request) =>
        options.ReconnectWait == TimeSpan.Zero || HasPassed(request, options.ReconnectWait);

    private bool HasPassed(ClientRequest request, TimeSpan limit)
    {
        if (limit == TimeSpan.Zero)
        {
            return false;
        }

        if (options.Time.GetElapsedTime(request.CalledAt) >= limit)
        {
            return true;
        }

        ScheduleTimer(request, limit);
        return false;
    }

    private void ScheduleTimer(ClientRequest request, TimeSpan limit)
    {
        if (limit > TimeSpan.Zero)
        {
            timer.Schedule(request.CalledAt + (long)(limit.TotalSeconds * options.Time.TimestampFrequency));
        }
    }
}

/// <summary>Calls back when the first of many deadlines may have passed. The owner schedules the next one after each
/// call. Most operations complete before their deadline, so scheduling one is usually a comparison.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private long due = long.MaxValue;
    private volatile bool hasExpired;

    internal DeadlineTimer(TimeProvider time, Action call)
    {
        this.time = time;
        timer = time.CreateTimer(
            _ =>
            {
                hasExpired = true;
                call();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls back at this timestamp or earlier.</summary>
    internal void Schedule(long timestamp)
    {
        if (timestamp < due)
        {
            due = timestamp;
            var left = time.GetElapsedTime(time.GetTimestamp(), timestamp);
            timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>True once after each callback: check the deadlines, and schedule the next.</summary>
    internal bool TakeExpired()
    {
        if (!hasExpired)
        {
            return false;
        }

        hasExpired = false;
        due = long.MaxValue;
        return true;
    }

    public void Dispose() => timer.Dispose();
}
