using System.Diagnostics.CodeAnalysis;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// Checks every result of an inner device with a <see cref="DiskOracle"/>: for tests of a backend or a decorator. Wrap
/// the device with it, and use the service or direct calls on top.
/// </summary>
/// <remarks>
/// The inner device gets guarded memory from the test kit, which is overwritten when the call has its outcome: a device
/// that writes outside of the memory, changes the data of a write, or touches the memory later is detected
/// (<see cref="GuardedMemory"/>). A finding never fails a call: see <see cref="DiskOracle.Findings"/>.
/// <see cref="RecordingDevice"/> checks the caller's duties, for example that calls in flight do not overlap.
/// </remarks>
/// <example><code>
///   var oracle = new DiskOracle(disk.Capacity);
///   var device = new OracleDevice(new MyDecorator(new SimulatedDevice(disk, time, options)), oracle);
///   ... use the device ...
///   disk.Crash();
///   device = new OracleDevice(new MyDecorator(new SimulatedDevice(disk, time, options)), oracle);
///   await device.JudgeCrashAsync();
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
    public override async ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var (memory, batch) = Guarded(destination);
        var access = oracle.Begin(new DiskAccess(IoOperation.Read, start, destination.LengthBytes / Sector.SizeBytes));
        var result = await TransferAsync(access, () => base.ReadAsync(start, batch), memory).ConfigureAwait(false);
        var found = memory.ToArray().AsSpan(0, (int)result.Bytes);
        destination.CopyFrom(found);
        oracle.End(access, result, found);
        oracle.TakeBack(access, memory);
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<TransferResult> WriteAsync(
        Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var data = new byte[source.LengthBytes];
        source.CopyTo(data);
        var (memory, batch) = Guarded(source);
        memory.CopyFrom(data);
        var access = oracle.Begin(new DiskAccess(IoOperation.Write, start, data.Length / Sector.SizeBytes)
        {
            Data = data,
            ForceUnitAccess = forceUnitAccess,
        });
        var result = await TransferAsync(access, () => base.WriteAsync(start, batch, forceUnitAccess), memory)
            .ConfigureAwait(false);
        oracle.End(access, result);
        Require(access, memory.ToArray().AsSpan().SequenceEqual(data) ? null : "the data of the write was changed");
        oracle.TakeBack(access, memory);
        return result;
    }

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2012", Justification = "Passed on to one method, which awaits it once.")]
    public override ValueTask<IoStatus> FlushAsync() =>
        WatchAsync(new DiskAccess(IoOperation.Flush, 0, 0), base.FlushAsync);

    /// <inheritdoc/>
    public override ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) => WatchAsync(
        new DiskAccess(IoOperation.Discard, start, count), () => base.DiscardAsync(start, count));

    /// <inheritdoc/>
    public override ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        WatchAsync(
            new DiskAccess(IoOperation.WriteZeroes, start, count), () => base.WriteZeroesAsync(start, count, flags));

    /// <summary>After a crash of the storage: reads the whole disk, through the current device, and lets the oracle
    /// check it (<see cref="DiskOracle.Crash"/>). No call may be in flight.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public async Task JudgeCrashAsync() => oracle.Crash(await ReadAllAsync().ConfigureAwait(false));

    /// <summary>Reads the whole disk, and lets the oracle check it (<see cref="DiskOracle.CheckContent"/>). No call may
    /// be in flight.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public async Task JudgeContentAsync() => oracle.CheckContent(0, await ReadAllAsync().ConfigureAwait(false));

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

    private async ValueTask<TransferResult> TransferAsync(
        DiskAccess access, Func<ValueTask<TransferResult>> call, GuardedMemory memory)
    {
        var result = TransferResult.Failed(IoStatus.DeviceError("It threw."));
        try
        {
            result = await call().ConfigureAwait(false);
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

    private async ValueTask<IoStatus> WatchAsync(DiskAccess access, Func<ValueTask<IoStatus>> call)
    {
        var status = IoStatus.DeviceError("It threw.");
        oracle.Begin(access);
        try
        {
            return status = await call().ConfigureAwait(false);
        }
        finally
        {
            oracle.End(access, status);
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
            var result = await base.ReadAsync(access.Start, batch).ConfigureAwait(false);
            if (!result.Status.IsOk || result.Bytes < Description.BlockSize.Bytes)
            {
                throw new IOException($"Sector {access.Start} cannot be read: {result}");
            }

            rest.CopyFrom(memory.ToArray());
            oracle.TakeBack(access, memory);
            done += (int)(result.Bytes - (result.Bytes % Description.BlockSize.Bytes));
        }

        return all;
    }
}
