using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DmIo.Io;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>
/// The connections of one device, as many as were asked for and the server takes. Who breaks is buried by the owner,
/// and dialed anew in the background, with longer and longer pauses, until it is there again or the set is closed. One
/// owner at a time; what the background has found waits for <see cref="AddConnected"/>.
/// </summary>
internal sealed class ConnectionSet(
    NbdDeviceOptions options,
    Action<NbdDeviceEvents.NbdDeviceEvent> announce,
    Action signal,
    Action<ClientRequest, IoStatus> ended) : IAsyncDisposable
{
    private readonly NbdDialer dialer = new(options);
    private readonly ConcurrentQueue<(int Slot, NbdTransport Transport, NegotiatedExport Export)> dialed = new();
    private readonly CancellationTokenSource ending = new();
    private ClientConnection?[] connections = [];
    private Task[] dialing = [];
    private NegotiatedExport? agreed;
    private string lastLoss = "";
    private ushort generation;
    private int last;
    private bool isClosing;

    /// <summary>Why the export is not what it was, as a sentence; null while it is.</summary>
    internal string? Change { get; private set; }

    /// <summary>Nothing is open, and nothing will be.</summary>
    internal bool IsEmpty => isClosing && dialed.IsEmpty && Array.TrueForAll(connections, static slot => slot is null);

    internal bool HasLive => Array.Exists(connections, static slot => slot is { Failure: null });

    /// <summary>Can the server be asked for extents?</summary>
    internal bool TellsExtents => agreed is { AllocationContext: not null };

    internal bool CanTake => Array.Exists(connections, static slot => slot is { CanTake: true });

    private int Live => connections.Count(static slot => slot is { Failure: null });

    /// <summary>Dials the first; the others follow in the background.</summary>
    /// <exception cref="IOException">It was in vain.</exception>
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

    /// <summary>Takes in what was dialed.</summary>
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

    /// <summary>Sends and receives what can be without waiting. True: there is more.</summary>
    internal bool Pump()
    {
        var isMore = false;
        foreach (var slot in connections)
        {
            isMore |= slot?.Pump() ?? false;
        }

        return isMore;
    }

    /// <summary>In turns.</summary>
    internal bool TryChoose([NotNullWhen(true)] out ClientConnection? connection)
    {
        for (var i = 0; i < connections.Length; i++)
        {
            last = last + 1 < connections.Length ? last + 1 : 0;
            if (connections[last] is { CanTake: true } found)
            {
                connection = found;
                return true;
            }
        }

        connection = null;
        return false;
    }

    /// <summary>One that is over; its slot is dialed anew. What it leaves unanswered is the caller's.</summary>
    internal bool TryTakeBroken([NotNullWhen(true)] out ClientConnection? lost)
    {
        var slot = Array.FindIndex(connections, static slot => slot is { IsOver: true });
        lost = slot < 0 ? null : connections[slot]!;
        if (lost is null)
        {
            return false;
        }

        connections[slot] = null;
        lastLoss = lost.Failure!.Message;
        if (!isClosing && Change is null)
        {
            announce(new NbdDeviceEvents.ConnectionLost(options.Uri, Live, lost.UnansweredCount, lastLoss));
            dialing[slot] = DialAsync(slot, options.ShortestReconnectPause);
        }

        return true;
    }

    /// <summary>Gives up those that have not answered in time.</summary>
    internal void BreakTimedOut(RequestQueue queue)
    {
        foreach (var slot in connections)
        {
            if (slot?.Unanswered.Where(queue.HasTimedOut).ToList() is [var late, ..])
            {
                slot.Break(new IoFailure(
                    $"{late.Name} was not answered within {options.RequestTimeout.TotalSeconds} s, "
                    + "so the connection was given up.",
                    ConnectionErrors.Reset));
            }
        }
    }

    /// <summary>What an operation is told that could not be sent.</summary>
    internal string NotSentMessage(ClientRequest request) => HasLive
        ? $"{request.Name} could not be sent to {options.Uri} within {options.RequestTimeout.TotalSeconds} s."
        : $"{request.Name} was not sent: there is no connection to {options.Uri}, it is tried anew. {lastLoss}";

    /// <summary>Ends when nothing is dialed any more; what is open ends soon.</summary>
    public async ValueTask DisposeAsync()
    {
        isClosing = true;
        ending.Cancel();
        var why = new IoFailure("The device was closed.", ConnectionErrors.Reset);
        await Task.WhenAll([
            .. connections.Where(static slot => slot is not null).Select(slot => slot!.CloseAsync(why)), .. dialing,
        ]).ConfigureAwait(false);
        ending.Dispose();
    }

    private void FailAll(string difference)
    {
        Change = $"{options.Uri} is not what it was: {difference}";
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
                // Whatever it is, as a certificate that can't be read just now: the next attempt may succeed.
                announce(new NbdDeviceEvents.ReconnectFailed(options.Uri, attempts, fault.Message));
            }

            pause = TimeSpan.FromTicks(Math.Clamp(
                2 * pause.Ticks, options.ShortestReconnectPause.Ticks, options.LongestReconnectPause.Ticks));
        }
    }

    /// <summary>Up to a quarter less: those who lost a server together don't come back together.</summary>
    private static TimeSpan Jittered(TimeSpan pause) => pause * (1 - (Random.Shared.NextDouble() / 4));
}
