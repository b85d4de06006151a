using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>The example of src/DmIo/README.md.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task A_device_accepts_segments_and_returns_the_result_of_each_call()
    {
        using var directory = new TemporaryDirectory();
        var (path, header, body) = (directory.FilePath(), new byte[512], Bytes.Random(3584, seed: 1));

        await using var device =
            FileDevice.Open(new FileDeviceOptions { Path = path, CreateSize = ByteSize.FromMiB(4) });
        var batch = new SegmentBatch();
        batch.Add(header);
        batch.Add(body);
        var written = await device.WriteAsync(0, batch, forceUnitAccess: true);
        Console.WriteLine($"{batch.Count} segments: {written.Status}");

        Assert.Equal(IoStatus.Ok, written.Status);
        var found = new byte[4096];
        var into = new SegmentBatch();
        into.Add(found);
        Assert.Equal(IoStatus.Ok, (await device.ReadAsync(0, into)).Status);
        Assert.Equal([.. header, .. body], found);
    }
}
