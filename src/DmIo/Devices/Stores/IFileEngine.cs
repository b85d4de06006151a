using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Stores;

/// <summary>
/// Passes the calls of a <c>FileDevice</c> to the kernel; there is one engine for each <see cref="ServiceMode"/>. The
/// contract is that of <see cref="IBlockDevice"/> (one call at a time, including <see cref="Poll"/>; memory is accessed
/// only until the task completes), with offsets and lengths in bytes.
/// </summary>
internal interface IFileEngine : IAsyncDisposable
{
    ServiceMode Mode { get; }

    /// <inheritdoc cref="IBlockDevice.Attach"/>
    void Attach(DeviceHost host);

    /// <inheritdoc cref="IBlockDevice.Poll"/>
    void Poll();

    /// <summary>Reads. The transfer may be short, like that of <c>preadv</c>.</summary>
    ValueTask<TransferResult> ReadAsync(long offsetBytes, SegmentBatch destination);

    /// <summary>Writes, durably if requested (RWF_DSYNC). The transfer may be short, like that of
    /// <c>pwritev2</c>.</summary>
    ValueTask<TransferResult> WriteAsync(long offsetBytes, SegmentBatch source, bool forceUnitAccess);

    ValueTask<IoStatus> FlushAsync();

    /// <inheritdoc cref="IBlockDevice.ConfirmAcceptedAsync"/>
    ValueTask<IoStatus> ConfirmAcceptedAsync();

    ValueTask<IoStatus> DiscardAsync(long offsetBytes, long lengthBytes);

    ValueTask<IoStatus> WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteZeroesFlags flags);
}
