using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DmIo.Io;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>The connections of one device: as many as the options specify and the server supports. A failed connection
/// is reconnected in the background, with exponential backoff, until it succeeds or the set is closed. One caller at a
/// time; new connections wait for <see cref="AddConnected"/>.</summary>
internal sealed class ConnectionSet(
    NbdDeviceOptions options,
    Action<NbdDeviceEvents.NbdDeviceEvent> announce,
    Action signal,
    Action<ClientRequest, IoStatus> ended) : IAsyncDisposable
{
    private readonly NbdDialer dialer = new(options);
    private readonly ConcurrentQueue<(int Slot, NbdTransport Transport, NegotiatedExport Export)> dialed = new();
    private readonly CancellationTokenSource ending = new();
    private readonly List<ClientConnection> lingering = [];
    private ClientConnection?[] connections = [];
    private Task[] dialing = [];
    private NegotiatedExport? agreed;
    private string lastLoss = "";
    private ushort generation;
    private int last;
    private bool isClosing;

    /// <summary>How the export has changed, as a sentence; null: it has not.</summary>
    internal string? Change { get; private set; }

    /// <summary>No connection is open, and none will be.</summary>
    internal bool IsEmpty => isClosing && dialed.IsEmpty && lingering.Count == 0
        && Array.TrueForAll(connections, static slot => slot is null);

    internal bool HasLive => Array.Exists(connections, static slot => slot is { Failure: null });

    /// <summary>The server supports block status requests.</summary>
    internal bool SupportsBlockStatus => agreed is { AllocationContext: not null };

    internal bool CanAccept => Array.Exists(connections, static slot => slot is { CanAccept: true });

    private int Live => connections.Count(static slot => slot is { Failure: null });

    /// <summary>Opens the first connection; the others follow in the background.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    internal async Task<NegotiatedExport> OpenAsync(CancellationToken cancellationToken)
    {
        var (transport, export) = await dialer.DialAsync(cancellationToken).ConfigureAwait(false);
        agreed = export;
        var count = export.Has(Protocol.TransmissionFlags.MultiConnection) ? options.Connections : 1;
        connections = new ClientConnection?[count];
        dialing = new Task[count];
        dialing[0] = Task.CompletedTask;
        dialed.Enqueue((0, transport, export));
        for (var slot = 1; slot < count; slot++)
        {
            dialing[slot] = DialAsync(slot, TimeSpan.Zero);
        }

        return export;
    }

    /// <summary>Adds the connections that were opened in the background.</summary>
    internal void AddConnected()
    {
        while (dialed.TryDequeue(out var found))
        {
            if (!isClosing && Change is null && ExportGeometry.Difference(agreed!, found.Export) is { } difference)
            {
                FailAll(difference);
            }

            if (isClosing || Change is not null)
            {
                found.Transport.Abort();
                continue;
            }

            connections[found.Slot] =
                new ClientConnection(found.Transport, found.Export, generation++, signal, ended);
            if (generation > 1)
            {
                announce(new NbdDeviceEvents.Connected(options.Uri, Live));
            }
        }
    }

    /// <summary>Sends and receives on all connections without waiting. True: there is more to do.</summary>
    internal bool Poll()
    {
        var isMore = false;
        foreach (var slot in connections)
        {
            isMore |= slot?.Poll() ?? false;
        }

        for (var index = lingering.Count - 1; index >= 0; index--)
        {
            isMore |= lingering[index].Poll();
            if (lingering[index].IsOver)
            {
                lingering[index].EndLingering();
                lingering.RemoveAt(index);
            }
        }

        return isMore;
    }

    /// <summary>Round robin.</summary>
    internal bool TryChoose([NotNullWhen(true)] out ClientConnection? connection)
    {
        for (var i = 0; i < connections.Length; i++)
        {
            last = last + 1 < connections.Length ? last + 1 : 0;
            if (connections[last] is { CanAccept: true } found)
            {
                connection = found;
                return true;
            }
        }

        connection = null;
        return false;
    }

    /// <summary>Removes a connection that is over or may linger, and starts to reconnect. The caller handles its
    /// unanswered requests.</summary>
    internal bool TryTakeBroken([NotNullWhen(true)] out ClientConnection? lost)
    {
        var slot = Array.FindIndex(connections, static slot => slot is { IsOver: true } or { MayLinger: true });
        lost = slot < 0 ? null : connections[slot]!;
        if (lost is null)
        {
            return false;
        }

        connections[slot] = null;
        if (lost.MayLinger)
        {
            lingering.Add(lost);
        }

        lastLoss = lost.Failure!.Message;
        if (!isClosing && Change is null)
        {
            announce(new NbdDeviceEvents.ConnectionLost(options.Uri, Live, lost.UnansweredCount, lastLoss));
            dialing[slot] = DialAsync(slot, options.MinReconnectPause);
        }

        return true;
    }

    /// <summary>Fails connections whose requests have timed out.</summary>
    internal void BreakTimedOut(RequestQueue queue)
    {
        foreach (var slot in connections)
        {
            if (slot?.Unanswered.Where(queue.HasTimedOut).ToList() is [var late, ..])
            {
                slot.Break(new IoFailure(
                    $"{late.Name} was not answered within {options.RequestTimeout.TotalSeconds} s, "
                    + "so the connection was closed.",
                    ConnectionErrors.Reset));
            }
        }
    }

    /// <summary>The error message of a request that could not be sent.</summary>
    internal string NotSentMessage(ClientRequest request) => HasLive
        ? $"{request.Name} could not be sent to {options.Uri} within {options.RequestTimeout.TotalSeconds} s."
        : $"{request.Name} was not sent: there is no connection to {options.Uri}; the device is "
            + $"reconnecting. {lastLoss}";

    /// <summary>Completes when no connection attempt is running. Open connections end soon.</summary>
    public async ValueTask DisposeAsync()
    {
        isClosing = true;
        ending.Cancel();
        var why = new IoFailure("The device was closed.", ConnectionErrors.Reset);
        lingering.ForEach(static connection => connection.Abort());
        await Task.WhenAll([
            .. connections.Where(static slot => slot is not null).Select(slot => slot!.CloseAsync(why)), .. dialing,
        ]).ConfigureAwait(false);
        ending.Dispose();
    }

    private void FailAll(string difference)
    {
        Change = $"{options.Uri} has changed: {difference}";
        announce(new NbdDeviceEvents.DeviceHasChanged(options.Uri, Change));
        foreach (var slot in connections)
        {
            slot?.Break(new IoFailure(Change, ConnectionErrors.Reset));
        }
    }

    private async Task DialAsync(int slot, TimeSpan pause)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await Task.Delay(Jittered(pause), options.Time, ending.Token).ConfigureAwait(false);
                var (transport, export) = await dialer.DialAsync(ending.Token).ConfigureAwait(false);
                dialed.Enqueue((slot, transport, export));
                signal();
                return;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Catches everything, such as a certificate that cannot be read at present: the next attempt may
                // succeed.
                announce(new NbdDeviceEvents.ReconnectFailed(options.Uri, attempts, fault.Message));
            }

            pause = TimeSpan.FromTicks(Math.Clamp(
                2 * pause.Ticks, options.MinReconnectPause.Ticks, options.MaxReconnectPause.Ticks));
        }
    }

    /// <summary>Reduced by up to a quarter, so that clients of one server do not reconnect at the same time.</summary>
    private static TimeSpan Jittered(TimeSpan pause) => pause * (1 - (Random.Shared.NextDouble() / 4));
}
