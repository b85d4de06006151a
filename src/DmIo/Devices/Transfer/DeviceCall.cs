using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Transfer;

/// <summary>
/// Makes one call to a device at a time, and provides its result immediately, or later through
/// <paramref name="resume"/>. Exceptions become statuses. Reused, so it uses the awaiters of the device instead of a
/// state machine.
/// </summary>
internal sealed class DeviceCall(IBlockDevice device, Action resume)
{
    private ConfiguredValueTaskAwaitable<TransferResult>.ConfiguredValueTaskAwaiter transfer;
    private ConfiguredValueTaskAwaitable<IoStatus>.ConfiguredValueTaskAwaiter other;
    private IoStatus thrown;
    private IoOperation operation;
    private Sector start;

    /// <summary>True: the call has ended, and its result can be taken. False: resume will be called, possibly before
    /// this method returns.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
    internal bool Transfer(bool isRead, Sector at, SegmentBatch batch, bool forceUnitAccess)
    {
        operation = isRead ? IoOperation.Read : IoOperation.Write;
        start = at;
        try
        {
            var task = isRead ? device.ReadAsync(at, batch) : device.WriteAsync(at, batch, forceUnitAccess);
            transfer = task.ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception exception)
        {
            thrown = StatusOf(exception);
            return true;
        }

        if (transfer.IsCompleted)
        {
            return true;
        }

        transfer.UnsafeOnCompleted(resume);
        return false;
    }

    /// <inheritdoc cref="Transfer"/>
    internal bool Flush() => Other(IoOperation.Flush, default, default, default);

    /// <inheritdoc cref="Transfer"/>
    internal bool Range(IoOperation what, Sector at, SectorCount count, WriteZeroesFlags zeroing) =>
        Other(what, at, count, zeroing);

    /// <summary>Takes the result of a transfer, once.</summary>
    internal TransferResult TakeTransfer()
    {
        if (!thrown.IsOk)
        {
            return TransferResult.Failed(TakeThrown());
        }

        try
        {
            return transfer.GetResult();
        }
        catch (Exception exception)
        {
            return TransferResult.Failed(StatusOf(exception));
        }
        finally
        {
            transfer = default;
        }
    }

    /// <summary>Takes the result of any other call, once.</summary>
    internal IoStatus TakeStatus()
    {
        if (!thrown.IsOk)
        {
            return TakeThrown();
        }

        try
        {
            return other.GetResult();
        }
        catch (Exception exception)
        {
            return StatusOf(exception);
        }
        finally
        {
            other = default;
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
    private bool Other(IoOperation what, Sector at, SectorCount count, WriteZeroesFlags zeroing)
    {
        operation = what;
        start = at;
        try
        {
            var task = what switch
            {
                IoOperation.Flush => device.FlushAsync(),
                IoOperation.Discard => device.DiscardAsync(at, count),
                IoOperation.WriteZeroes => device.WriteZeroesAsync(at, count, zeroing),
                _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
            };
            other = task.ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception exception)
        {
            thrown = StatusOf(exception);
            return true;
        }

        if (other.IsCompleted)
        {
            return true;
        }

        other.UnsafeOnCompleted(resume);
        return false;
    }

    private IoStatus TakeThrown()
    {
        var status = thrown;
        thrown = default;
        return status;
    }

    private IoStatus StatusOf(Exception exception) => Errno.StatusOf(exception, operation switch
    {
        IoOperation.Flush => "The flush",
        IoOperation.Discard => "The discard",
        IoOperation.WriteZeroes => "Writing zeroes",
        _ => $"{DataChunk.Name(operation == IoOperation.Read)} at sector {start}",
    });
}
