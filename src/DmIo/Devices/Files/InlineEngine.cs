using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// Makes each call to the store on the caller's thread, before it returns: for stores that never wait, where a hop to
/// another thread costs more than the copy. Allocates nothing. On a store that waits it works as well, and blocks its
/// caller, which is the device's actor, and with it a thread of the dispatcher.
/// </summary>
internal sealed class InlineEngine(FileStore store) : IFileEngine
{
    public ServiceMode Mode => ServiceMode.Inline;

    public void Attach(DeviceHost host)
    {
    }

    public void Drive()
    {
    }

    public ValueTask<TransferResult> ReadAsync(long offsetBytes, SegmentBatch destination) =>
        new(FileCalls.Read(store, offsetBytes, destination));

    public ValueTask<TransferResult> WriteAsync(long offsetBytes, SegmentBatch source, bool forceUnitAccess) =>
        new(FileCalls.Write(store, offsetBytes, source, forceUnitAccess));

    public ValueTask<IoStatus> FlushAsync() => new(FileCalls.Flush(store));

    public ValueTask<IoStatus> DiscardAsync(long offsetBytes, long lengthBytes) =>
        new(FileCalls.Discard(store, offsetBytes, lengthBytes));

    public ValueTask<IoStatus> WriteZeroesAsync(long offsetBytes, long lengthBytes) =>
        new(FileCalls.WriteZeroes(store, offsetBytes, lengthBytes));

    public ValueTask DisposeAsync() => default;
}
