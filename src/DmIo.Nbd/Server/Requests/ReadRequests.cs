using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Takes in what reads the device: cuts it into parts, and sends each to the device as soon as there is
/// memory for it. One user, the receive loop.</summary>
/// <remarks>A read that is answered as a whole keeps the memory that it has. If there is no more for the rest of it, it
/// waits for the memory of the inFlight before it. Once none of those is left, it is streamed, and the receive loop
/// takes in no other request before the last of it is in the sendQueue.</remarks>
internal sealed class ReadRequests(DataBuffers buffers, InFlightRequests inFlight, OfferedExport export)
{
    /// <summary>All of it.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
    internal ValueTask<bool> ReadAsync(NbdRequest request) =>
        ReadAsync(request, request.Header.LengthBytes);

    /// <summary>Reads and drops, so that what lies between us and the data has it at hand; no more than of one read:
    /// the rest is the server's to leave out.</summary>
    /// <returns>As of a read.</returns>
    internal ValueTask<bool> CacheAsync(NbdRequest request) =>
        ReadAsync(request, Math.Min(request.Header.LengthBytes, export.Blocks.MaximumPayload));

    private async ValueTask<bool> ReadAsync(NbdRequest request, long left)
    {
        var offset = (long)request.Header.Offset;
        while (left > 0)
        {
            // The blocks of the device that the bytes lie in: those before and behind them are read, but not sent.
            var before = offset % export.DeviceBlockBytes;
            var whole = (before + left + export.DeviceBlockBytes - 1) & -(long)export.DeviceBlockBytes;
            var part = request.NextPart();
            var room = await RoomAsync(
                request, buffers.GiveAsync(part, (int)Math.Min(whole, RequestPart.MaxBytes))).ConfigureAwait(false);
            if (room == 0)
            {
                request.Abandon();
                return false;
            }

            var bytes = Math.Min(left, room - before);
            request.Add(part, isLast: bytes == left).Read(offset, bytes);
            offset += bytes;
            left -= bytes;
        }

        await request.StreamedAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>The room that is given. Streams the request if the memory that it has is all that there
    /// is.</summary>
    private async ValueTask<int> RoomAsync(NbdRequest request, ValueTask<int> giving)
    {
        if (giving.IsCompleted || !request.IsAnsweredAsWhole)
        {
            return await giving.ConfigureAwait(false);
        }

        var given = giving.AsTask();
        if (await Task.WhenAny(given, inFlight.SingleAsync()).ConfigureAwait(false) != given)
        {
            request.Stream();
        }

        return await given.ConfigureAwait(false);
    }
}
