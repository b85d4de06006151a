using DmIo.Io;

namespace DmIo.Devices.Transfer;

/// <summary>
/// Validates the range of an operation against the description of the device, before the device is accessed, without
/// overflow for any pair of 64-bit numbers (R12, R13). A range of 0 sectors is always valid; so is a flush.
/// </summary>
internal static class RegionCheck
{
    internal static IoStatus Check(DeviceDescription device, in DeviceOperation operation)
    {
        var (start, count) = (operation.Start, operation.Count);
        if (!operation.Kind.HasRange() || count.Value == 0)
        {
            return IoStatus.Ok;
        }

        if (count.Value < 0 || start.Value < 0 || start.Value > device.Capacity.Sectors.Value - count.Value)
        {
            return IoStatus.Failed(
                IoStatusCode.OutOfRange,
                $"The range of {Range(start, count)} is outside the device, which has sectors 0 to "
                + $"{device.Capacity.Sectors.Value - 1} ({device.Capacity.Sectors} in all).");
        }

        if (operation.Kind.ChangesSectors() && device.IsReadOnly)
        {
            return IoStatus.Failed(
                IoStatusCode.ReadOnly, $"{operation} is refused: the device is read-only.");
        }

        if (IsMisaligned(device, start, count))
        {
            return IoStatus.Failed(
                IoStatusCode.Misaligned,
                $"The range of {Range(start, count)} does not start and end on the device's blocks of "
                + $"{device.BlockSize.Bytes} bytes; use multiples of {device.BlockSize.Sectors} sectors.");
        }

        return CheckAbility(device, operation);
    }

    private static bool IsMisaligned(DeviceDescription device, Sector start, SectorCount count) =>
        ((start.Value | count.Value) & (device.BlockSize.Sectors.Value - 1)) != 0;

    private static IoStatus CheckAbility(DeviceDescription device, in DeviceOperation operation)
    {
        var able = device.LimitOf(operation.Kind) >= device.BlockSize;
        if (able && operation.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) && !device.HasFastWriteZeroes)
        {
            return IoStatus.Failed(
                IoStatusCode.Unsupported, $"The device ({device.Backend}) can zero only by writing zeroes out.");
        }

        return able
            ? IoStatus.Ok
            : IoStatus.Failed(
                IoStatusCode.Unsupported, $"The device ({device.Backend}) has no operation {operation.Kind}.");
    }

    private static string Range(Sector start, SectorCount count) =>
        $"{count} {(count.Value == 1 ? "sector" : "sectors")} at sector {start}";
}
