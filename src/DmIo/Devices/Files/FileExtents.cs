using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Files;

/// <summary>
/// Where a regular file on Linux has holes (SEEK_DATA, SEEK_HOLE). A sector of which any byte is data is data. The file
/// position that these calls move is used by nobody else. Where the file system does not tell, all is data. So are the
/// sectors that a file which was cut no longer has: a read of them fails (R13).
/// </summary>
internal static class FileExtents
{
    internal static IReadOnlyList<DeviceExtent> Of(SafeFileHandle file, Sector start, SectorCount count, int max)
    {
        var extents = new List<DeviceExtent>();
        var present = RandomAccess.GetLength(file) / Sector.SizeBytes;
        var end = Math.Min(start.Value + count.Value, present);
        for (var at = start.Value; at < end && extents.Count < max;)
        {
            var data = Next(file, at, end, LinuxNative.SeekData) / Sector.SizeBytes;
            var isHole = data > at;
            var next = isHole
                ? data
                : (Next(file, at, end, LinuxNative.SeekHole) + Sector.SizeBytes - 1) / Sector.SizeBytes;
            next = Math.Clamp(next, at + 1, end);
            extents.Add(new DeviceExtent(next - at, isHole ? ExtentKind.Hole : ExtentKind.Data));
            at = next;
        }

        var missing = start.Value + count.Value - Math.Max(start.Value, present);
        if (missing > 0 && extents.Count < max)
        {
            extents.Add(new DeviceExtent(missing, ExtentKind.Data));
        }

        return extents;
    }

    /// <summary>Where data, or a hole, comes next, in bytes; the end where none does, or where the search for a hole is
    /// in vain.</summary>
    private static long Next(SafeFileHandle file, long at, long end, int what)
    {
        var errno = LinuxNative.Seek(file, at * Sector.SizeBytes, what, out var found);
        return errno switch
        {
            0 => found,
            Errno.NoSuchAddress => end * Sector.SizeBytes,
            _ => what == LinuxNative.SeekData ? at * Sector.SizeBytes : end * Sector.SizeBytes,
        };
    }
}
