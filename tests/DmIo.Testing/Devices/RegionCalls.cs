using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Transfer;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Testing.Devices;

/// <summary>Region transfers in the notation of the tests.</summary>
internal static class RegionCalls
{
    internal static Task<IoStatus> RunAsync(
        this IBlockDevice device,
        IoOperation operation,
        Sector start,
        SectorCount count,
        IoMemory? memory = null,
        bool forceUnitAccess = false,
        WriteZeroesFlags zeroing = WriteZeroesFlags.None,
        WriteEdges edges = default)
    {
        var whole = new DeviceOperation(operation, start, count)
        {
            ForceUnitAccess = forceUnitAccess,
            Zeroing = zeroing,
        };
        var check = RegionCheck.Check(device.Description, whole);
        if (!check.IsOk && operation == IoOperation.Read)
        {
            RegionTransfer.ZeroFill(memory!, count);
        }

        if (!check.IsOk || (count.Value == 0 && operation != IoOperation.Flush))
        {
            return Task.FromResult(check);
        }

        var landed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var transfer = new RegionTransfer(device, landed.SetResult);
        if (operation.HasData())
        {
            transfer.Add(memory, whole, edges);
        }

        return transfer.Start(whole)
            ? Task.FromResult(transfer.Status)
            : StatusAsync(transfer, landed.Task);
    }

    private static async Task<IoStatus> StatusAsync(RegionTransfer transfer, Task landed)
    {
        await landed;
        return transfer.Status;
    }

    /// <summary>The content of the sectors.</summary>
    internal static async Task<byte[]> ContentAsync(this IBlockDevice device, Sector start, SectorCount count)
    {
        var bytes = new byte[count.Bytes];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, start, count, bytes));
        return bytes;
    }

    internal static LimitedDevice Limit(
        this IBlockDevice device, Func<DeviceDescription, DeviceDescription> limit) => new(device, limit);
}
