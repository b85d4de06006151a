using DmIo.Devices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices;

/// <summary>Operations of an engine as the tests write them, with offsets and lengths in bytes.</summary>
internal static class EngineOperations
{
    internal static ValueTask<TransferResult> ReadAsync(
        this IFileEngine engine, long offsetBytes, SegmentBatch destination) =>
        engine.SubmitAsync(DeviceOperation.Read(SectorAt(offsetBytes), destination));

    internal static ValueTask<TransferResult> WriteAsync(
        this IFileEngine engine, long offsetBytes, SegmentBatch source, bool forceUnitAccess) =>
        engine.SubmitAsync(DeviceOperation.Write(SectorAt(offsetBytes), source, forceUnitAccess));

    internal static ValueTask<IoStatus> FlushAsync(this IFileEngine engine) =>
        StatusAsync(engine.SubmitAsync(DeviceOperation.Flush()));

    internal static ValueTask<IoStatus> DiscardAsync(this IFileEngine engine, long offsetBytes, long lengthBytes) =>
        StatusAsync(engine.SubmitAsync(
            DeviceOperation.Discard(SectorAt(offsetBytes), lengthBytes / Sector.SizeBytes)));

    internal static ValueTask<IoStatus> WriteZeroesAsync(
        this IFileEngine engine, long offsetBytes, long lengthBytes, WriteZeroesFlags flags) =>
        StatusAsync(engine.SubmitAsync(
            DeviceOperation.WriteZeroes(SectorAt(offsetBytes), lengthBytes / Sector.SizeBytes, flags)));

    private static Sector SectorAt(long offsetBytes)
    {
        Invariant.Require(offsetBytes % Sector.SizeBytes == 0);
        return offsetBytes / Sector.SizeBytes;
    }

    /// <summary>Completes within the call that completes the operation, whatever the synchronization
    /// context.</summary>
    private static ValueTask<IoStatus> StatusAsync(ValueTask<TransferResult> call) => new(call.AsTask().ContinueWith(
        static done => done.GetAwaiter().GetResult().Status,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default));
}
