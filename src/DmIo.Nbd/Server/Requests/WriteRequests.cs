using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Takes in the data of writes. Small ones lie in the window whole, and go to the device from there; of large ones the
/// data are still coming. One user, the receive loop.
/// </summary>
internal sealed class WriteRequests(ReceiveWindow window, DataBuffers space, LargeWriteReceiver large)
{
    /// <summary>Data of a write up to here are received along with its header.</summary>
    internal const int SmallBytes = 32 * 1024;

    /// <summary>A longer write that is refused ends the connection: nobody waits for so much to throw it
    /// away.</summary>
    private const uint MostDrained = 2 * OfferedExport.MostPayloadBytes;

    /// <summary>One whose data have come.</summary>
    internal void WriteSmall(NbdRequest request)
    {
        var header = request.Header;
        var part = request.NextPart();
        window.Give(part, (int)header.LengthBytes);
        request.Add(part, isLast: true).Write((long)header.Offset, header.LengthBytes, header.IsDurable);
    }

    /// <summary>One whose data are coming.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
    internal ValueTask<bool> WriteLargeAsync(NbdRequest request) => large.TakeAsync(request);

    /// <summary>Throws the data of a refused write away. Null: they are gone; otherwise why this is the end.</summary>
    internal async ValueTask<string?> DrainAsync(uint bytes)
    {
        if (bytes > MostDrained)
        {
            return $"It wanted to write {bytes} bytes at once; {OfferedExport.MostPayloadBytes} may be.";
        }

        // The window may need a second block, and waits for no third while one is held here.
        space.Release();
        while (bytes > 0)
        {
            var here = (int)Math.Min(bytes, window.Available);
            window.Skip(here);
            bytes -= (uint)here;
            if (bytes > 0 && !await window.ReceiveAsync(1, (int)bytes).ConfigureAwait(false))
            {
                return "It hung up in the middle of a request.";
            }
        }

        return null;
    }
}
