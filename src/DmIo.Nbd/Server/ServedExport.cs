using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server;

/// <summary>
/// An export and the connections that use it. Connections are added and removed from any thread; the server's actor
/// opens and closes the export.
/// </summary>
internal sealed class ServedExport(NbdExport settings, Export export)
{
    private readonly Lock gate = new();
    private readonly HashSet<NbdConnection> connections = [];
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Totals closed;
    private bool isClosing;

    internal Export Export => export;

    internal OfferedExport Offer => export.Offer;

    /// <returns>False: the export is being closed.</returns>
    internal bool TryAdd(NbdConnection connection)
    {
        lock (gate)
        {
            return !isClosing && connections.Add(connection);
        }
    }

    /// <summary>Removes a connection that has no request in flight.</summary>
    internal void Remove(NbdConnection connection)
    {
        lock (gate)
        {
            if (connections.Remove(connection))
            {
                closed = closed.Plus(connection.Status());
            }

            EndWhenEmpty();
        }
    }

    /// <summary>Accepts no more connections, drains those that exist, and aborts them after
    /// <paramref name="timeout"/>. Completes when all are removed or aborted.</summary>
    internal async Task CloseAsync(string reason, TimeSpan timeout)
    {
        NbdConnection[] users;
        lock (gate)
        {
            isClosing = true;
            users = [.. connections];
            EndWhenEmpty();
        }

        Array.ForEach(users, user => user.Drain(reason));
        if (await Task.WhenAny(empty.Task, Task.Delay(timeout)).ConfigureAwait(false) != empty.Task)
        {
            Array.ForEach(users, user => user.Abort($"{reason} Its requests took longer than {timeout}."));
        }
    }

    internal NbdExportStatus Status()
    {
        lock (gate)
        {
            var users = connections.Select(connection => connection.Status()).ToArray();
            var all = users.Aggregate(closed, (sum, user) => sum.Plus(user));
            return new NbdExportStatus(
                settings,
                Offer.Size,
                users.Length,
                export.Memory.BlocksInUse * PageBlock.PagesEach,
                users.Sum(user => user.InFlight),
                all.Requests,
                all.Errors,
                all.ReadBytes,
                all.WrittenBytes);
        }
    }

    private void EndWhenEmpty()
    {
        if (isClosing && connections.Count == 0)
        {
            empty.TrySetResult();
        }
    }

    /// <summary>The counters of connections, added up.</summary>
    private readonly record struct Totals(long Requests, long Errors, long ReadBytes, long WrittenBytes)
    {
        internal Totals Plus(NbdConnectionStatus connection) => new(
            Requests + connection.Requests,
            Errors + connection.Errors,
            ReadBytes + connection.ReadBytes,
            WrittenBytes + connection.WrittenBytes);
    }
}
