using DmIo.Io;

namespace DmIo.Devices;

/// <summary>What one call to a device moved.</summary>
/// <param name="Bytes">Bytes moved from the beginning of the batch, also where the status is a failure; the rest is
/// as it was.</param>
/// <param name="Status">Ok with fewer bytes than asked for means a short transfer, which the caller
/// continues.</param>
public readonly record struct TransferResult(long Bytes, IoStatus Status)
{
    /// <summary>That many bytes were moved.</summary>
    public static TransferResult Moved(long bytes) => new(bytes, IoStatus.Ok);

    /// <summary>Nothing (known) was moved.</summary>
    public static TransferResult Failed(IoStatus status) => new(0, status);
}
