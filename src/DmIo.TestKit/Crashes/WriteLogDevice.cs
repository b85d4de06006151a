using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

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
        InitialContents = inner as CrashedDevice;
        Description = inner.Description with { HasVolatileCache = true };
    }

    /// <summary>The name in the log.</summary>
    public string Name { get; }

    /// <summary>The device's contents when the log began; null: zeroes.</summary>
    internal CrashedDevice? InitialContents { get; }

    /// <summary>The inner device's description, with a volatile cache.</summary>
    public override DeviceDescription Description { get; }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.Kind.FillsMemory() ? base.SubmitAsync(operation) : LogAsync(operation);

    private async ValueTask<TransferResult> LogAsync(DeviceOperation operation)
    {
        var logged = log.Issue((number, at) => new LoggedOperation
        {
            Number = number,
            Device = this,
            Operation = operation.Kind,
            Start = operation.Start,
            LengthBytes = operation.LengthBytes,
            Data = operation.Data?.ToArray(),
            ForceUnitAccess = operation.ForceUnitAccess,
            IssuedAt = at,
        });
        var result = TransferResult.Failed(IoStatus.DeviceError("The device threw an exception."));
        try
        {
            return result = await Inner.SubmitAsync(operation).ConfigureAwait(false);
        }
        finally
        {
            log.End(logged, result.Status.IsOk, operation.Kind.HasData() ? result.Bytes : logged.LengthBytes);
        }
    }
}
