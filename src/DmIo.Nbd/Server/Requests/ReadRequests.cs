using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Starts reads: divides them into parts, and sends each to the device when there is memory for it. Used by
/// the receive loop only.</summary>
/// <remarks>A read that is answered as a whole keeps its memory. If there is no memory for the rest, it waits for that
/// of earlier requests. When none of those remains, the read is streamed, and the receive loop starts no other request
/// until the last part is queued.</remarks>
internal sealed class ReadRequests(DataBuffers buffers, InFlightRequests inFlight, OfferedExport export)
{
    /// <summary>Reads all of the request.</summary>
    /// <returns>False: the connection is ending.</returns>
    internal ValueTask<bool> ReadAsync(NbdRequest request) =>
        ReadAsync(request, request.Header.LengthBytes);

    /// <summary>Reads and discards the data, so that the caches below hold it. At most the maximum payload of one read:
    /// the server may ignore the rest.</summary>
    /// <returns>False: the connection is ending.</returns>
    internal ValueTask<bool> CacheAsync(NbdRequest request) =>
        ReadAsync(request, Math.Min(request.Header.LengthBytes, export.Blocks.MaximumPayload));

    private async ValueTask<bool> ReadAsync(NbdRequest request, long left)
    {
        var offset = (long)request.Header.Offset;
        while (left > 0)
        {
            // The device blocks that contain the range. The bytes before and after it are read, but not sent.
            var before = offset % export.DeviceBlockBytes;
            var whole = (before + left + export.DeviceBlockBytes - 1) & -(long)export.DeviceBlockBytes;
            var part = request.NextPart();
            var allocated = await AllocateOrStreamAsync(
                request, buffers.AllocateAsync(part, (int)Math.Min(whole, RequestPart.MaxBytes))).ConfigureAwait(false);
            if (allocated == 0)
            {
                request.Abandon();
                return false;
            }

            var bytes = Math.Min(left, allocated - before);
            request.Add(part, isLast: bytes == left).Read(offset, bytes);
            offset += bytes;
            left -= bytes;
        }

        await request.StreamedAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>The number of bytes that were added. Streams the request if it holds all available memory.</summary>
    private async ValueTask<int> AllocateOrStreamAsync(NbdRequest request, ValueTask<int> allocation)
    {
        if (allocation.IsCompleted || !request.IsAnsweredAsWhole)
        {
            return await allocation.ConfigureAwait(false);
        }

        var allocated = allocation.AsTask();
        if (await Task.WhenAny(allocated, inFlight.SingleAsync()).ConfigureAwait(false) != allocated)
        {
            request.Stream();
        }

        return await allocated.ConfigureAwait(false);
    }
}
