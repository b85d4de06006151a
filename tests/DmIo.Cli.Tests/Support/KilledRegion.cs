using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests;

/// <summary>A region of a file of known bytes, of which a part may have been written when its writer was
/// killed.</summary>
internal sealed class KilledRegion(TempDirectory directory, string file, int fileSectors, int start, int count)
{
    private readonly string path = directory.Fill(file, fileSectors * Sector.SizeBytes, seed: start);
    private readonly byte[] before = Bytes.Random(fileSectors * Sector.SizeBytes, seed: start);

    /// <summary>As the command line names it.</summary>
    internal string Text => $"{path}@{start}+{count}";

    /// <summary>Waits until the kernel has let go of the file: of a process with a ring, a moment after its
    /// end.</summary>
    internal async Task FreeAsync()
    {
        using var waiting = DmioProcess.StartOther("flock", "--shared", path, "true");
        var (exitCode, error) = await waiting.EndUnreadAsync();
        Assert.True(exitCode == 0, error);
    }

    /// <summary>What was reported is there; of the rest of the region each byte is old or new; around it all is
    /// old.</summary>
    internal void Check(byte[] data, long reportedSectors, string said)
    {
        var after = File.ReadAllBytes(path);
        Assert.True(after.Length == before.Length, $"{file} has {after.Length} bytes; {said}");
        var (first, end) = (start * Sector.SizeBytes, (start + count) * Sector.SizeBytes);
        var certain = first + ((int)Math.Min(reportedSectors, count) * Sector.SizeBytes);
        for (var at = 0; at < after.Length; at++)
        {
            var isOld = after[at] == before[at];
            var isWell = at < first || at >= end ? isOld
                : after[at] == data[at - first] || (isOld && at >= certain);
            Assert.True(isWell, $"{file}: sector {at / Sector.SizeBytes} is wrong (region {start}+{count}); {said}");
        }
    }
}
