using DmIo.Io;

namespace DmIo.Devices.Stores;

/// <summary>
/// Passes the calls of a <c>FileDevice</c> to the kernel; there is one engine for each <see cref="ServiceMode"/>. The
/// contract is that of <see cref="IBlockDevice"/> (one call at a time, including <see cref="Poll"/>; memory is accessed
/// only until the task completes).
/// </summary>
internal interface IFileEngine : IAsyncDisposable
{
    ServiceMode Mode { get; }

    /// <inheritdoc cref="IBlockDevice.Attach"/>
    void Attach(DeviceHost host);

    /// <inheritdoc cref="IBlockDevice.Poll"/>
    void Poll();

    /// <inheritdoc cref="IBlockDevice.SubmitAsync"/>
    ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation);

    /// <inheritdoc cref="IBlockDevice.ConfirmAcceptedAsync"/>
    ValueTask<IoStatus> ConfirmAcceptedAsync();
}
