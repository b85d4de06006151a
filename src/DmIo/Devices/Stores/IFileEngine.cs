using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Stores;

/// <summary>
/// How the calls of a <c>FileDevice</c> reach the kernel: one for each <see cref="ServiceMode"/>. The same
/// contract as <see cref="IBlockDevice"/> (one call at a time, also <see cref="Poll"/>; memory is touched until the
/// task completes and not after), in bytes.
/// </summary>
internal interface IFileEngine : IAsyncDisposable
{
    ServiceMode Mode { get; }

    /// <inheritdoc cref="IBlockDevice.Attach"/>
    void Attach(DeviceHost host);

    /// <inheritdoc cref="IBlockDevice.Poll"/>
    void Poll();

    /// <summary>May be short, as <c>preadv</c>.</summary>
    ValueTask<TransferResult> ReadAsync(long offsetBytes, SegmentBatch destination);

    /// <summary>May be short, as <c>pwritev2</c>; durable where asked for (RWF_DSYNC).</summary>
    ValueTask<TransferResult> WriteAsync(long offsetBytes, SegmentBatch source, bool forceUnitAccess);

    ValueTask<IoStatus> FlushAsync();

    /// <inheritdoc cref="IBlockDevice.ConfirmAcceptedAsync"/>
    ValueTask<IoStatus> ConfirmAcceptedAsync();

    ValueTask<IoStatus> DiscardAsync(long offsetBytes, long lengthBytes);

    ValueTask<IoStatus> WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteZeroesFlags flags);
}
