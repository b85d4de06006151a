using System.Globalization;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Files;

/// <summary>A sparse file of nearly the maximum length of its file system.</summary>
public sealed class LargestFileTests
{
    [MountTheory("mount", "umount", "losetup", "mkfs.ext4", "stat")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task Discard_and_zeroing_of_the_largest_file_make_holes(ServiceMode mode, bool isDirect)
    {
        await using var mounted = await Mounted.Ext4Async(sizeMiB: 8);
        foreach (var shorterBy in new[] { 0, 4096, 1 << 20 })
        {
            var path = mounted.FilePath($"disk-{shorterBy}");
            Grow(path, shorterBy);
            var options = new FileDeviceOptions { Path = path, Mode = mode, IsDirect = isDirect };
            await using var device = FileDevice.Open(options);
            var written = new SegmentBatch();
            written.Add(new byte[1 << 16]);
            Sector last = device.Description.Capacity.Sectors.Value - 128;
            Assert.Equal(TransferResult.Moved(1 << 16), await device.WriteAsync(0, written, forceUnitAccess: true));
            Assert.InRange(await BlocksAsync(path), 128, 160);

            Assert.True(device.Description is { HasFastWriteZeroes: true, MaxDiscard.Bytes: > 0 });
            Assert.Equal(IoStatus.Ok, await device.DiscardAsync(0, 128));
            Assert.Equal(IoStatus.Ok, await device.WriteZeroesAsync(last, 128, WriteZeroesFlags.NoFallback));
            Assert.InRange(await BlocksAsync(path), 0, 32);
        }
    }

    /// <summary>The number of allocated blocks of 512 bytes.</summary>
    private static async Task<long> BlocksAsync(string path) =>
        long.Parse((await RunAsync("stat", "-c", "%b", path)).Trim(), CultureInfo.InvariantCulture);

    private static void Grow(string path, int shorterBy)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var (possible, impossible) = (0L, long.MaxValue);
        while (impossible - possible > 1)
        {
            var middle = possible + ((impossible - possible) / 2);
            try
            {
                RandomAccess.SetLength(file, middle);
                possible = middle;
            }
            catch (Exception fault) when (fault is IOException or ArgumentException)
            {
                impossible = middle;
            }
        }

        RandomAccess.SetLength(file, possible - shorterBy);
    }
}
