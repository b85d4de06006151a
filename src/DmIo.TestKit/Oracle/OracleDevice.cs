using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// Checks every result of an inner device with a <see cref="DiskOracle"/>, for tests of a backend or a decorator. Wrap
/// the device under test in it, and use it through the service or by direct calls.
/// </summary>
/// <remarks>
/// The inner device gets guarded memory from the test kit, which is overwritten when the call has its outcome: a device
/// that writes outside of the memory, changes the data of a write, or writes to the memory later is detected
/// (<see cref="GuardedMemory"/>). A finding never fails a call: see <see cref="DiskOracle.Findings"/>.
/// <see cref="RecordingDevice"/> checks the caller's duties, for example that calls in flight do not overlap.
/// </remarks>
/// <example><code>
///   var oracle = new DiskOracle(disk.Capacity);
///   var device = new OracleDevice(new MyDecorator(new SimulatedDevice(disk, time, options)), oracle);
///   ... use the device ...
///   disk.Crash();
///   device = new OracleDevice(new MyDecorator(new SimulatedDevice(disk, time, options)), oracle);
///   await device.CheckCrashAsync();
///   Assert.Empty(oracle.Findings);
/// </code></example>
public sealed class OracleDevice : DeviceDecorator
{
    private readonly DiskOracle oracle;

    /// <param name="inner">The device, which this object owns.</param>
    /// <param name="oracle">The oracle of the device's storage; it may have been used with earlier devices.</param>
    public OracleDevice(IBlockDevice inner, DiskOracle oracle)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        this.oracle = oracle;
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.Data is { } data ? TransferAsync(operation, data) : CallWithoutDataAsync(operation);

    /// <summary>After a crash of the storage: reads the whole disk, through the current device, and lets the oracle
    /// check it (<see cref="DiskOracle.Crash"/>). No call may be in flight.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public async Task CheckCrashAsync() => oracle.Crash(await ReadAllAsync().ConfigureAwait(false));

    /// <summary>Reads the whole disk, and lets the oracle check it (<see cref="DiskOracle.CheckContent"/>). No call may
    /// be in flight.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public async Task CheckContentAsync() => oracle.CheckContent(0, await ReadAllAsync().ConfigureAwait(false));

    private static (GuardedMemory Memory, SegmentBatch Batch) Guarded(SegmentBatch shape)
    {
        var memory = new GuardedMemory(shape);
        var batch = new SegmentBatch(shape.Count);
        for (var index = 0; index < memory.Memory.SegmentCount; index++)
        {
            batch.Add(memory.Memory.GetSegment(index));
        }

        return (memory, batch);
    }

    private async ValueTask<TransferResult> TransferAsync(DeviceOperation operation, SegmentBatch shape)
    {
        var isRead = operation.Kind.FillsMemory();
        var (memory, batch) = Guarded(shape);
        var data = isRead ? [] : shape.ToArray();
        memory.CopyFrom(data);
        var access = oracle.Begin(new DiskAccess(operation.Kind, operation.Start, operation.Count)
        {
            Data = data,
            ForceUnitAccess = operation.ForceUnitAccess,
        });
        var result = await CallAsync(access, operation.With(batch), memory).ConfigureAwait(false);
        if (isRead)
        {
            var found = memory.ToArray().AsSpan(0, (int)result.Bytes);
            shape.CopyFrom(found);
            oracle.End(access, result, found);
        }
        else
        {
            oracle.End(access, result);
            Require(
                access, memory.ToArray().AsSpan().SequenceEqual(data) ? null : "the data of the write was changed");
        }

        oracle.WatchReturned(access, memory);
        return result;
    }

    private async ValueTask<TransferResult> CallAsync(
        DiskAccess access, DeviceOperation operation, GuardedMemory memory)
    {
        var result = TransferResult.Failed(IoStatus.DeviceError("The device threw an exception."));
        try
        {
            result = await Inner.SubmitAsync(operation).ConfigureAwait(false);
        }
        catch
        {
            oracle.End(access, result);
            throw;
        }

        var isPossible = result.Bytes >= 0 && result.Bytes <= memory.LengthBytes;
        Require(access, isPossible ? null : $"its result has {result.Bytes} of {memory.LengthBytes} bytes");
        return isPossible ? result : result with { Bytes = 0 };
    }

    private async ValueTask<TransferResult> CallWithoutDataAsync(DeviceOperation operation)
    {
        var access = oracle.Begin(new DiskAccess(operation.Kind, operation.Start, operation.Count));
        var result = TransferResult.Failed(IoStatus.DeviceError("The device threw an exception."));
        try
        {
            return result = await Inner.SubmitAsync(operation).ConfigureAwait(false);
        }
        finally
        {
            oracle.End(access, result.Status);
        }
    }

    private void Require(DiskAccess access, string? fault)
    {
        if (fault is not null)
        {
            oracle.Report($"{access}: {fault}");
        }
    }

    private async ValueTask<byte[]> ReadAllAsync()
    {
        var all = new byte[Description.Capacity.Bytes];
        for (var done = 0; done < all.Length;)
        {
            var rest = new SegmentBatch();
            rest.Add(all.AsMemory(done, (int)Math.Min(all.Length - done, Description.MaxTransfer.Bytes)));
            var access = new DiskAccess(
                IoOperation.Read, done / Sector.SizeBytes, rest.LengthBytes / Sector.SizeBytes);
            var (memory, batch) = Guarded(rest);
            var result = await Inner.ReadAsync(access.Start, batch).ConfigureAwait(false);
            if (!result.Status.IsOk || result.Bytes < Description.BlockSize.Bytes)
            {
                throw new IOException($"Sector {access.Start} cannot be read: {result}");
            }

            rest.CopyFrom(memory.ToArray());
            oracle.WatchReturned(access, memory);
            done += (int)(result.Bytes - (result.Bytes % Description.BlockSize.Bytes));
        }

        return all;
    }
}
