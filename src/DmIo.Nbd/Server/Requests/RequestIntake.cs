using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Handshake;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Takes in the requests that a connection's window holds, one after the other: each is checked, waits for room in the
/// inFlight, and goes to the intake of its kind, or is answered. One user, the receive loop.
/// </summary>
internal sealed class RequestIntake(
    ReceiveWindow window,
    ReadRequests reads,
    WriteRequests writes,
    InFlightRequests inFlight,
    ConnectionCounters counters,
    OfferedExport export,
    OptionHaggling agreed)
{
    /// <summary>The last request was a large write; so is the next one then, as a rule.</summary>
    internal bool ExpectsLarge { get; private set; }

    /// <summary>Takes all that has come whole. Null: more has to come; otherwise why this is the end.</summary>
    internal async ValueTask<string?> TakeAllAsync()
    {
        while (window.Available >= RequestHeader.SizeBytes)
        {
            if (!RequestHeader.TryRead(window.Pending, out var header))
            {
                return "It sent something that is no request.";
            }

            if (header.Command == NbdCommand.Disconnect)
            {
                return "It said goodbye.";
            }

            if (header.PayloadBytes is > 0 and <= WriteRequests.SmallBytes
                && window.Available < RequestHeader.SizeBytes + (int)header.PayloadBytes)
            {
                return null;
            }

            window.Skip(RequestHeader.SizeBytes);
            if (await TakeAsync(header).ConfigureAwait(false) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private async ValueTask<string?> TakeAsync(RequestHeader header)
    {
        var (error, message) = RequestCheck.Check(header, export, agreed.HasStructuredReplies, agreed.HasBlockStatus);
        NbdRequest? request;
        while ((request = inFlight.TryBegin()) is null)
        {
            await inFlight.RoomAsync().ConfigureAwait(false);
        }

        counters.Began(header);
        request.Begin(header);
        ExpectsLarge = header.PayloadBytes > WriteRequests.SmallBytes;
        if (error != NbdError.None)
        {
            try
            {
                return await writes.DrainAsync(header.PayloadBytes).ConfigureAwait(false);
            }
            finally
            {
                // Also where the connection breaks meanwhile: it does not end before its inFlight.
                request.Fail(error, message);
            }
        }

        if (header.LengthBytes == 0 && header.Command != NbdCommand.Flush)
        {
            request.Answer();
            return null;
        }

        var goesOn = true;
        switch (header.Command)
        {
            case NbdCommand.Read:
                goesOn = await reads.ReadAsync(request).ConfigureAwait(false);
                break;
            case NbdCommand.Write when header.LengthBytes <= WriteRequests.SmallBytes:
                writes.WriteSmall(request);
                break;
            case NbdCommand.Write:
                goesOn = await writes.WriteLargeAsync(request).ConfigureAwait(false);
                break;
            case NbdCommand.Cache:
                goesOn = await reads.CacheAsync(request).ConfigureAwait(false);
                break;
            default:
                RequestsWithoutData.Begin(request, export);
                break;
        }

        return goesOn ? null : "It hung up in the middle of a request.";
    }
}
