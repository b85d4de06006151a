using System.Diagnostics.CodeAnalysis;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// Records the writes to a device in a <see cref="WriteLog"/>, with their data, and passes them to the inner device.
/// The description always has a volatile cache, even if the inner device has none, so that the log contains the flushes
/// that an application's promises depend on. Reads are not recorded.
/// </summary>
/// <remarks>
/// Durable writes (FUA) are recorded as such only if the inner device supports FUA; otherwise the service issues a
/// write and a flush. A <see cref="LimitedDevice"/> adds FUA to a device that lacks it.
/// </remarks>
public sealed class WriteLogDevice : DeviceDecorator
{
    private readonly WriteLog log;

    internal WriteLogDevice(WriteLog log, string name, IBlockDevice inner)
        : base(inner)
    {
        this.log = log;
        Name = name;
        Before = inner as CrashedDevice;
        Description = inner.Description with { HasVolatileCache = true };
    }

    /// <summary>The name in the log.</summary>
    public string Name { get; }

    /// <summary>The device's contents when the log began; null: zeroes.</summary>
    internal CrashedDevice? Before { get; }

    /// <summary>The inner device's description, with a volatile cache.</summary>
    public override DeviceDescription Description { get; }

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2012", Justification = "Passed on to one method, which awaits it once.")]
    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var data = new byte[source.LengthBytes];
        source.CopyTo(data);
        var operation = log.Issue((number, at) => new LoggedOperation
        {
            Number = number,
            Device = this,
            Operation = IoOperation.Write,
            Start = start,
            LengthBytes = data.Length,
            Data = data,
            ForceUnitAccess = forceUnitAccess,
            IssuedAt = at,
        });
        return WatchAsync(operation, () => base.WriteAsync(start, source, forceUnitAccess));
    }

    /// <inheritdoc/>
    public override ValueTask<IoStatus> FlushAsync() =>
        WatchAsync(Issue(IoOperation.Flush, default, default), base.FlushAsync);

    /// <inheritdoc/>
    public override ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        WatchAsync(Issue(IoOperation.Discard, start, count), () => base.DiscardAsync(start, count));

    /// <inheritdoc/>
    public override ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        WatchAsync(Issue(IoOperation.WriteZeroes, start, count), () => base.WriteZeroesAsync(start, count, flags));

    private LoggedOperation Issue(IoOperation what, Sector start, SectorCount count) =>
        log.Issue((number, at) => new LoggedOperation
        {
            Number = number,
            Device = this,
            Operation = what,
            Start = start,
            LengthBytes = count.Bytes,
            IssuedAt = at,
        });

    private async ValueTask<TransferResult> WatchAsync(
        LoggedOperation operation, Func<ValueTask<TransferResult>> call)
    {
        var result = TransferResult.Failed(IoStatus.DeviceError("It threw."));
        try
        {
            return result = await call().ConfigureAwait(false);
        }
        finally
        {
            log.End(operation, result.Status.IsOk, result.Bytes);
        }
    }

    private async ValueTask<IoStatus> WatchAsync(LoggedOperation operation, Func<ValueTask<IoStatus>> call)
    {
        var status = IoStatus.DeviceError("It threw.");
        try
        {
            return status = await call().ConfigureAwait(false);
        }
        finally
        {
            log.End(operation, status.IsOk, operation.LengthBytes);
        }
    }
}
