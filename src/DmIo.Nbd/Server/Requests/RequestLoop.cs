using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Handshake;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Receives on one connection, and has taken in what came, until the client or the connection ends. Nothing is received
/// while something waits for memory or for room in the inFlight: so a client feels how fast its device is. It holds no
/// memory while there is nothing to receive.
/// </summary>
internal sealed class RequestLoop
{
    /// <summary>How often a busy connection looks for more before it waits.</summary>
    private const int MaxPolls = 10;

    private readonly NbdTransport transport;
    private readonly InFlightRequests inFlight;
    private readonly ReceiveWindow window;
    private readonly DataBuffers space;
    private readonly RequestIntake intake;

    internal RequestLoop(
        NbdTransport transport,
        Export export,
        MemoryShare share,
        InFlightRequests inFlight,
        ConnectionCounters counters,
        OptionHaggling agreed)
    {
        this.transport = transport;
        this.inFlight = inFlight;
        var source = new RequestSource(transport, share, counters);
        window = new ReceiveWindow(source, share);
        space = new DataBuffers(share, export.Offer.DeviceBlockBytes);
        var writes = new WriteRequests(window, space, new LargeWriteReceiver(source, window, space, export.Offer));
        intake = new RequestIntake(
            window, new ReadRequests(space, inFlight, export.Offer), writes, inFlight, counters, export.Offer, agreed);
    }

    /// <summary>Runs to the end.</summary>
    /// <param name="early">What came behind the handshake.</param>
    /// <returns>Why it ended.</returns>
    internal async Task<string> RunAsync(ReadOnlyMemory<byte> early)
    {
        try
        {
            if (!await window.BeginAsync(early).ConfigureAwait(false))
            {
                return "It sent too much behind its handshake.";
            }

            while (true)
            {
                if (await intake.TakeAllAsync().ConfigureAwait(false) is { } reason)
                {
                    return reason;
                }

                if (!await ReceiveAsync().ConfigureAwait(false))
                {
                    return "It hung up.";
                }
            }
        }
        finally
        {
            window.Release();
            space.Release();
        }
    }

    private async ValueTask<bool> ReceiveAsync()
    {
        space.Release();
        if (window.Available == 0 && !await PollAsync().ConfigureAwait(false))
        {
            window.Release();
            await transport.WaitAsync().ConfigureAwait(false);
        }

        var needed = window.Available >= RequestHeader.SizeBytes && RequestHeader.TryRead(window.Pending, out var next)
            ? RequestHeader.SizeBytes + (int)next.PayloadBytes
            : RequestHeader.SizeBytes;
        var most = intake.ExpectsLarge && window.Available < RequestHeader.SizeBytes
            ? RequestHeader.SizeBytes - window.Available
            : PageBlock.SizeBytes;
        return await window.ReceiveAsync(needed, most).ConfigureAwait(false);
    }

    /// <summary>While a client has several requests in inFlight its next are near: to polls again when others had their
    /// turn costs less than to be woken, and finds more of them. True: something is there.</summary>
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
}
