using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Support;

/// <summary>A region of a file with known contents. A killed writer may have written a part of it.</summary>
internal sealed class KilledRegion(TempDirectory directory, string file, int fileSectors, int start, int count)
{
    private readonly string path = directory.Fill(file, fileSectors * Sector.SizeBytes, seed: start);
    private readonly byte[] before = Bytes.Random(fileSectors * Sector.SizeBytes, seed: start);

    /// <summary>The region as a command line argument.</summary>
    internal string Text => $"{path}@{start}+{count}";

    /// <summary>Waits until the kernel has released the file. For a process with a ring, this is shortly after its
    /// end.</summary>
    internal async Task FreeAsync()
    {
        using var waiting = DmioProcess.StartOther("flock", "--shared", path, "true");
        var (exitCode, error) = await waiting.EndUnreadAsync();
        Assert.True(exitCode == 0, error);
    }

    /// <summary>The reported sectors have the new data, each other byte of the region is old or new, and all bytes
    /// outside of the region are old.</summary>
    internal void Check(byte[] data, long reportedSectors, string printed)
    {
        var after = File.ReadAllBytes(path);
        Assert.True(after.Length == before.Length, $"{file} has {after.Length} bytes; {printed}");
        var (first, end) = (start * Sector.SizeBytes, (start + count) * Sector.SizeBytes);
        var certain = first + ((int)Math.Min(reportedSectors, count) * Sector.SizeBytes);
        for (var at = 0; at < after.Length; at++)
        {
            var isOld = after[at] == before[at];
            var isWell = at < first || at >= end ? isOld
                : after[at] == data[at - first] || (isOld && at >= certain);
            Assert.True(isWell, $"{file}: sector {at / Sector.SizeBytes} is wrong (region {start}+{count}); {printed}");
        }
    }
}
