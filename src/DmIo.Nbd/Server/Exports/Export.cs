using DmIo.Actors.Client;
using DmIo.Nbd.Server.Requests;

namespace DmIo.Nbd.Server.Exports;

/// <summary>
/// An export that is served: its lease, the memory cut from it, its legs, and who uses it. Connections enter and leave
/// from any thread; the server's actor opens and closes it.
/// </summary>
internal sealed class Export(
    NbdExport settings, OfferedExport offer, ExportLegs legs, DmIoService service, IoClient client)
{
    private readonly Lock gate = new();
    private readonly HashSet<NbdConnection> connections = [];
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Traffic left;
    private bool isClosing;

    internal OfferedExport Offer => offer;

    internal ExportLegs Legs => legs;

    internal DmIoService Service => service;

    internal IoClient Client => client;

    internal ExportMemory Memory { get; } = ExportMemory.Of(client.Lease.Pages);

    internal bool TryEnter(NbdConnection connection)
    {
        lock (gate)
        {
            return !isClosing && connections.Add(connection);
        }
    }

    /// <summary>Nothing of the connection is in flight any more.</summary>
    internal void Leave(NbdConnection connection)
    {
        lock (gate)
        {
            if (connections.Remove(connection))
            {
                left = left.Plus(connection.Status());
            }

            EndWhenEmpty();
        }
    }

    /// <summary>Nobody enters any more; who is in is asked to leave, and thrown out when that takes too long. Completes
    /// when all have left.</summary>
    internal async Task CloseAsync(string reason, TimeSpan patience)
    {
        NbdConnection[] users;
        lock (gate)
        {
            isClosing = true;
            users = [.. connections];
            EndWhenEmpty();
        }

        Array.ForEach(users, user => user.Drain(reason));
        if (await Task.WhenAny(empty.Task, Task.Delay(patience)).ConfigureAwait(false) != empty.Task)
        {
            Array.ForEach(users, user => user.Abort($"{reason} Its requests took longer than {patience}."));
        }
    }

    internal NbdExportStatus Status()
    {
        lock (gate)
        {
            var users = connections.Select(connection => connection.Status()).ToArray();
            var all = users.Aggregate(left, (sum, user) => sum.Plus(user));
            return new NbdExportStatus(
                settings,
                offer.Size,
                legs.Live,
                users.Length,
                Memory.BlocksInUse * PageBlock.PagesEach,
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
}
