using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// The whole of one region on one device: checked, split to the device's limits, continued where a transfer is short,
/// made durable where asked for. One status for all of it: the first failure, after every chunk was tried (R7).
/// Completes synchronously, without allocating, where the device does. A failed read leaves zeroes for what was not
/// delivered (R8), also where the device was never called. Throws only for what the caller must have refused.
/// </summary>
internal static class RegionTransfer
{
    /// <summary>
    /// Does the operation on the range. The task is awaited once, as any <see cref="ValueTask{TResult}"/>.
    /// </summary>
    /// <param name="device">No two calls at the same time may overlap on it.</param>
    /// <param name="operation">
    /// A flush reaches the device whatever the range; all others do nothing for 0 sectors.
    /// </param>
    /// <param name="start">The first sector.</param>
    /// <param name="count">How many sectors.</param>
    /// <param name="memory">For Read and Write: its first <paramref name="count"/> sectors are used (R5).</param>
    /// <param name="forceUnitAccess">Write and WriteZeroes are durable when they complete.</param>
    internal static ValueTask<IoStatus> RunAsync(
        IBlockDevice device,
        IoOperation operation,
        Sector start,
        SectorCount count,
        IoMemory? memory,
        bool forceUnitAccess)
    {
        var description = device.Description;
        if (operation == IoOperation.Flush)
        {
            return FlushAsync(device, description);
        }

        if (count.Value == 0)
        {
            return new(IoStatus.Ok);
        }

        var check = RegionCheck.Check(description, operation, start, count);
        if (!check.IsOk)
        {
            if (operation == IoOperation.Read && memory is { IsReadOnly: false })
            {
                ZeroFill(memory, count);
            }

            return new(check);
        }

        return operation switch
        {
            IoOperation.Read => DataTransfer.RunAsync(
                new DataCall(device, IsRead: true, ForceUnitAccess: false),
                description,
                start,
                count,
                Sized(memory, count, isRead: true)),
            IoOperation.Write =>
                WriteAsync(device, description, start, count, Sized(memory, count, isRead: false), forceUnitAccess),
            IoOperation.Discard or IoOperation.WriteZeroes =>
                RangeAsync(device, description, operation, start, count, forceUnitAccess),
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No such operation."),
        };
    }

    /// <summary>
    /// Clears what a read of <paramref name="count"/> sectors would have filled: for a read that fails before it gets
    /// here.
    /// </summary>
    internal static void ZeroFill(IoMemory memory, SectorCount count)
    {
        var remaining = count.Value <= 0 ? 0 : count.Value > SectorCount.MaxValue ? long.MaxValue : count.Bytes;
        var cursor = memory.GetCursor();
        var batch = SegmentBatchPool.Rent();
        long taken;
        do
        {
            // In pieces, or the pool would keep a batch as long as the longest memory ever.
            batch.Clear();
            taken = cursor.Take(batch, remaining, DeviceDescription.SegmentsPerSystemCall);
            batch.ZeroFrom(0);
            remaining -= taken;
        }
        while (taken > 0);

        SegmentBatchPool.Return(batch);
    }

    private static IoMemory Sized(IoMemory? memory, SectorCount count, bool isRead)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.LengthBytes < count.Bytes || (isRead && memory.IsReadOnly))
        {
            throw new ArgumentException(
                $"{count.Bytes} bytes of {(isRead ? "writable " : "")}memory are needed; "
                + $"this has {memory.LengthBytes}.",
                nameof(memory));
        }

        return memory;
    }

    private static ValueTask<IoStatus> WriteAsync(
        IBlockDevice device,
        DeviceDescription description,
        Sector start,
        SectorCount count,
        IoMemory memory,
        bool durable)
    {
        var call = new DataCall(device, IsRead: false, ForceUnitAccess: durable && description.HasForceUnitAccess);
        var write = DataTransfer.RunAsync(call, description, start, count, memory);
        return durable && !description.HasForceUnitAccess && description.HasVolatileCache
            ? ThenFlushAsync(write, device, description)
            : write;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> ThenFlushAsync(
        ValueTask<IoStatus> write, IBlockDevice device, DeviceDescription description)
    {
        var status = await write;
        return status.IsOk ? await FlushAsync(device, description) : status;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> FlushAsync(IBlockDevice device, DeviceDescription description)
    {
        if (!description.HasVolatileCache)
        {
            return IoStatus.Ok;
        }

        try
        {
            return await device.FlushAsync();
        }
        catch (Exception exception)
        {
            return Errno.StatusOf(exception, "The flush");
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> RangeAsync(
        IBlockDevice device,
        DeviceDescription description,
        IoOperation operation,
        Sector start,
        SectorCount count,
        bool durable)
    {
        var isDiscard = operation == IoOperation.Discard;
        var limit = isDiscard ? description.MaxDiscard.Value : description.MaxWriteZeroes.Value;
        var blockSectors = description.BlockSizeBytes / Sector.SizeBytes;
        limit -= limit % blockSectors;
        var first = IoStatus.Ok;
        for (var done = 0L; done < count.Value; done += limit)
        {
            var at = new Sector(start.Value + done);
            var length = new SectorCount(Math.Min(limit, count.Value - done));
            var status = await RangeCallAsync(device, isDiscard, at, length);
            first = first.IsOk ? status : first;
        }

        return first.IsOk && durable && !isDiscard ? await FlushAsync(device, description) : first;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> RangeCallAsync(
        IBlockDevice device, bool isDiscard, Sector start, SectorCount count)
    {
        try
        {
            return await (isDiscard ? device.DiscardAsync(start, count) : device.WriteZeroesAsync(start, count));
        }
        catch (Exception exception)
        {
            return Errno.StatusOf(exception, isDiscard ? "The discard" : "Writing zeroes");
        }
    }
}
