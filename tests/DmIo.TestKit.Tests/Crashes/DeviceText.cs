using DmIo.Devices;
using DmIo.Io;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>Sectors filled with one letter each, so that the content of a device reads as a word; a dot is a sector of
/// zeroes.</summary>
internal static class DeviceText
{
    internal static async Task PutAsync(
        this IBlockDevice device, int start, string letters, bool forceUnitAccess = false)
    {
        var bytes = letters.SelectMany(letter => Bytes.Filled(Sector.SizeBytes, (byte)letter)).ToArray();
        var result = await device.WriteAsync(start, Bytes.Batch(bytes), forceUnitAccess);
        Invariant.Require(result == TransferResult.Moved(bytes.Length));
    }

    internal static async Task<string> TextAsync(this IBlockDevice device)
    {
        var bytes = new byte[device.Description.Capacity.Bytes];
        var result = await device.ReadAsync(0, Bytes.Batch(bytes));
        Invariant.Require(result == TransferResult.Moved(bytes.Length));
        return string.Concat(bytes.Chunk(Sector.SizeBytes).Select(sector => sector[0] == 0 ? '.' : (char)sector[0]));
    }
}
