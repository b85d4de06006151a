using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Transfer;

/// <summary>
/// Makes one call to a device at a time, and provides its result immediately, or later through
/// <paramref name="resume"/>. The boundary to devices: their exceptions become statuses here. Reused, so it uses the
/// awaiter of the device instead of a state machine.
/// </summary>
internal sealed class DeviceCall(IBlockDevice device, Action resume)
{
    private ConfiguredValueTaskAwaitable<TransferResult>.ConfiguredValueTaskAwaiter awaiter;
    private IoStatus thrown;
    private DeviceOperation operation;

    /// <summary>The operation of the last call.</summary>
    internal ref readonly DeviceOperation Operation => ref operation;

    /// <summary>Sets the operation of which the next calls are parts.</summary>
    internal void Begin(in DeviceOperation whole) => operation = whole;

    /// <summary>Submits a part of the operation. True: the call has ended, and its result can be taken. False: resume
    /// will be called, possibly before this method returns.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept, and asked for the result once.")]
    internal bool Submit(Sector start, SectorCount count, SegmentBatch? data)
    {
        operation = operation with { Start = start, Count = count, Data = data };
        try
        {
            awaiter = device.SubmitAsync(operation).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception exception)
        {
            thrown = StatusOf(exception);
            return true;
        }

        if (awaiter.IsCompleted)
        {
            return true;
        }

        awaiter.UnsafeOnCompleted(resume);
        return false;
    }

    /// <summary>Takes the result of the call, once.</summary>
    internal TransferResult TakeResult()
    {
        if (!thrown.IsOk)
        {
            var status = thrown;
            thrown = default;
            return TransferResult.Failed(status);
        }

        try
        {
            return awaiter.GetResult();
        }
        catch (Exception exception)
        {
            return TransferResult.Failed(StatusOf(exception));
        }
        finally
        {
            awaiter = default;
        }
    }

    private IoStatus StatusOf(Exception exception) => Errno.StatusOf(exception, operation.ToString());
}
