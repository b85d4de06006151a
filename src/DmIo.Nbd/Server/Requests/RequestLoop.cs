using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Receives the requests of one connection and starts them in order, until the client disconnects or the connection
/// breaks. Each request is validated, waits for room among the requests in flight, and is passed to the handler of its
/// kind, or answered. Nothing is received while a request waits for memory or for room, which limits a client to the
/// speed of its device. The loop holds no memory while there is nothing to receive.
/// </summary>
internal sealed class RequestLoop
{
    /// <summary>How often a busy connection is polled before the loop waits for its socket.</summary>
    private const int MaxPolls = 10;

    private readonly NbdTransport transport;
    private readonly OfferedExport export;
    private readonly InFlightRequests inFlight;
    private readonly ConnectionCounters counters;
    private readonly RequestCheck check;
    private readonly ReceiveWindow window;
    private readonly DataBuffers buffers;
    private readonly ReadRequests reads;
    private readonly WriteRequests writes;
    private bool expectsLargeWrite;

    internal RequestLoop(
        NbdTransport transport,
        OfferedExport export,
        MemoryShare share,
        InFlightRequests inFlight,
        ConnectionCounters counters,
        RequestCheck check)
    {
        this.transport = transport;
        this.export = export;
        this.inFlight = inFlight;
        this.counters = counters;
        this.check = check;
        var source = new RequestSource(transport, share, counters);
        window = new ReceiveWindow(source, share);
        buffers = new DataBuffers(share, export.DeviceBlockBytes);
        reads = new ReadRequests(buffers, inFlight, export);
        writes = new WriteRequests(source, window, buffers, export);
    }

    /// <summary>Runs until the client disconnects or the connection breaks.</summary>
    /// <param name="early">Bytes that were received after the handshake.</param>
    /// <returns>Why the loop ended, as a sentence.</returns>
    internal async Task<string> RunAsync(ReadOnlyMemory<byte> early)
    {
        try
        {
            if (!await window.BeginAsync(early).ConfigureAwait(false))
            {
                return "The client sent too much data with its handshake.";
            }

            while (true)
            {
                if (await StartAllAsync().ConfigureAwait(false) is { } reason)
                {
                    return reason;
                }

                if (!await ReceiveAsync().ConfigureAwait(false))
                {
                    return "The client closed the connection.";
                }
            }
        }
        finally
        {
            window.Release();
            buffers.Release();
        }
    }

    private async ValueTask<bool> ReceiveAsync()
    {
        buffers.Release();
        if (window.Available == 0 && !await PollAsync().ConfigureAwait(false))
        {
            window.Release();
            await transport.WaitAsync().ConfigureAwait(false);
        }

        var needed = window.Available >= RequestHeader.SizeBytes && RequestHeader.TryRead(window.Pending, out var next)
            ? RequestHeader.SizeBytes + (int)next.PayloadBytes
            : RequestHeader.SizeBytes;
        var max = expectsLargeWrite && window.Available < RequestHeader.SizeBytes
            ? RequestHeader.SizeBytes - window.Available
            : PageBlock.SizeBytes;
        return await window.ReceiveAsync(needed, max).ConfigureAwait(false);
    }

    /// <summary>A client with several requests in flight usually sends the next ones soon. Polling after other work
    /// items ran is cheaper than a wakeup, and finds more requests at once. True: data can be received.</summary>
    private async ValueTask<bool> PollAsync()
    {
        for (var polls = 0; polls < MaxPolls && inFlight.Count > 1; polls++)
        {
            if (transport.HasArrived)
            {
                return true;
            }

            await Task.Yield();
        }

        return false;
    }

    /// <summary>Starts all requests that were received completely. Null: more data is needed; otherwise the reason to
    /// close the connection.</summary>
    private async ValueTask<string?> StartAllAsync()
    {
        while (window.Available >= RequestHeader.SizeBytes)
        {
            if (!RequestHeader.TryRead(window.Pending, out var header))
            {
                return "The client sent data that is not a request.";
            }

            if (header.Command == NbdCommand.Disconnect)
            {
                return "The client disconnected.";
            }

            if (header.PayloadBytes is > 0 and <= WriteRequests.SmallBytes
                && window.Available < RequestHeader.SizeBytes + (int)header.PayloadBytes)
            {
                return null;
            }

            window.Skip(RequestHeader.SizeBytes);
            if (await StartAsync(header).ConfigureAwait(false) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private async ValueTask<string?> StartAsync(RequestHeader header)
    {
        var (error, message) = check.Check(header);
        NbdRequest? request;
        while ((request = inFlight.TryBegin()) is null)
        {
            await inFlight.RoomAsync().ConfigureAwait(false);
        }

        counters.Began(header);
        request.Begin(header);

        // Usually, a large write follows a large write.
        expectsLargeWrite = header.PayloadBytes > WriteRequests.SmallBytes;
        if (error != NbdError.None)
        {
            try
            {
                return await writes.DrainAsync(header.PayloadBytes).ConfigureAwait(false);
            }
            finally
            {
                // Also if the connection breaks: it ends only after all its requests.
                request.Fail(error, message);
            }
        }

        if (header.LengthBytes == 0 && header.Command != NbdCommand.Flush)
        {
            request.Answer();
            return null;
        }

        var isReceived = true;
        switch (header.Command)
        {
            case NbdCommand.Read:
                isReceived = await reads.ReadAsync(request).ConfigureAwait(false);
                break;
            case NbdCommand.Write when header.LengthBytes <= WriteRequests.SmallBytes:
                writes.WriteSmall(request);
                break;
            case NbdCommand.Write:
                isReceived = await writes.WriteLargeAsync(request).ConfigureAwait(false);
                break;
            case NbdCommand.Cache:
                isReceived = await reads.CacheAsync(request).ConfigureAwait(false);
                break;
            default:
                RequestsWithoutData.Begin(request, export);
                break;
        }

        return isReceived ? null : "The client closed the connection in the middle of a request.";
    }
}
