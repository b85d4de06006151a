using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>Shorter forms of <see cref="IBlockDevice.SubmitAsync"/>, for code that uses a device directly.</summary>
public static class BlockDeviceOperations
{
    /// <summary>Reads from <paramref name="start"/> into <paramref name="destination"/>. The transfer may be
    /// short.</summary>
    public static ValueTask<TransferResult> ReadAsync(
        this IBlockDevice device, Sector start, SegmentBatch destination) =>
        Of(device).SubmitAsync(DeviceOperation.Read(start, destination));

    /// <summary>Writes <paramref name="source"/> at <paramref name="start"/>. The transfer may be short.</summary>
    /// <param name="device">The device.</param>
    /// <param name="start">The first sector.</param>
    /// <param name="source">The data, which is not changed.</param>
    /// <param name="forceUnitAccess">The write is durable when it completes. True only if
    /// <see cref="DeviceDescription.HasForceUnitAccess"/> is set.</param>
    public static ValueTask<TransferResult> WriteAsync(
        this IBlockDevice device, Sector start, SegmentBatch source, bool forceUnitAccess) =>
        Of(device).SubmitAsync(DeviceOperation.Write(start, source, forceUnitAccess));

    /// <summary>Makes every write durable that completed before this call.</summary>
    public static ValueTask<IoStatus> FlushAsync(this IBlockDevice device) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.Flush()));

    /// <summary>Discards the sectors.</summary>
    public static ValueTask<IoStatus> DiscardAsync(this IBlockDevice device, Sector start, SectorCount count) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.Discard(start, count)));

    /// <summary>Makes the sectors read as zero.</summary>
    public static ValueTask<IoStatus> WriteZeroesAsync(
        this IBlockDevice device, Sector start, SectorCount count, WriteZeroesFlags flags) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.WriteZeroes(start, count, flags)));

    private static async ValueTask<IoStatus> StatusAsync(ValueTask<TransferResult> call) =>
        (await call.ConfigureAwait(false)).Status;

    private static IBlockDevice Of(IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device;
    }
}
