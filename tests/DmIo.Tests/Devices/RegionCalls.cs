using DmIo.Devices;
using DmIo.Devices.Decorators;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>Region transfers as the tests write them.</summary>
internal static class RegionCalls
{
    internal static ValueTask<IoStatus> RunAsync(
        this IBlockDevice device, IoOperation operation, Sector start, SectorCount count, IoMemory? memory = null) =>
        RegionTransfer.RunAsync(device, operation, start, count, memory, forceUnitAccess: false);

    /// <summary>What the sectors hold.</summary>
    internal static async Task<byte[]> ContentAsync(this IBlockDevice device, Sector start, SectorCount count)
    {
        var bytes = new byte[count.Bytes];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, start, count, bytes));
        return bytes;
    }

    internal static LimitedDevice Limit(
        this IBlockDevice device, Func<DeviceDescription, DeviceDescription> limit) => new(device, limit);
}
