namespace DmIo.Nbd.Client;

/// <summary>
/// Requests that wait to be sent, in order; those that are sent again come first. Knows how long each may wait: as long
/// as an operation may take at all, and while there is no connection only as long as was asked for.
/// </summary>
internal sealed class RequestLine(NbdDeviceOptions options, DeadlineTimer timer)
{
    private readonly Queue<ClientRequest> again = new();
    private readonly Queue<ClientRequest> fresh = new();

    internal int Count => again.Count + fresh.Count;

    internal ClientRequest? First =>
        again.TryPeek(out var request) || fresh.TryPeek(out request) ? request : null;

    internal void Add(ClientRequest request)
    {
        fresh.Enqueue(request);
        AskFor(request, options.RequestTimeout);
    }

    /// <summary>Its connection was lost, and it is to go on another.</summary>
    internal void AddAgain(ClientRequest request) => again.Enqueue(request);

    internal void RemoveFirst()
    {
        if (!again.TryDequeue(out _))
        {
            fresh.Dequeue();
        }
    }

    /// <summary>Has it taken longer than an operation may? Where not, the timer is asked for the moment.</summary>
    internal bool IsLate(ClientRequest request) => HasPassed(request, options.RequestTimeout);

    /// <summary>Takes those out that have waited too long.</summary>
    internal List<ClientRequest> TakeOverdue(bool isConnected)
    {
        List<ClientRequest> overdue = [];
        foreach (var queue in (Queue<ClientRequest>[])[again, fresh])
        {
            for (var left = queue.Count; left > 0; left--)
            {
                var request = queue.Dequeue();
                var isImpatient = !isConnected && request.Tries == 0;
                if (IsLate(request) || (isImpatient && HasWaited(request)))
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

    private bool HasWaited(ClientRequest request) =>
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

        AskFor(request, limit);
        return false;
    }

    private void AskFor(ClientRequest request, TimeSpan limit)
    {
        if (limit > TimeSpan.Zero)
        {
            timer.Ask(request.CalledAt + (long)(limit.TotalSeconds * options.Time.TimestampFrequency));
        }
    }
}
