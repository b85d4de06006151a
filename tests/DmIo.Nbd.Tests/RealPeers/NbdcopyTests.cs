using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>nbdcopy copies to and from the server: several connections, extents, zeroes, many requests in
/// flight.</summary>
public sealed class NbdcopyTests
{
    [PeerTheory("nbdcopy")]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    [InlineData(true, 1)]
    public async Task Data_is_copied_there_and_back(bool tcp, int connections)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var (image, back) = (served.Sample("image", seed: 5), served.Home.FilePath("back"));

        await RunAsync("nbdcopy", "--flush", $"--connections={connections}", image, served.Uri(tcp));
        await RunAsync("nbdcopy", $"--connections={connections}", served.Uri(tcp), back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
    }

    [PeerFact("nbdcopy")]
    public async Task A_flushed_copy_is_in_the_file()
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        var image = served.Sample("image", seed: 6);

        await RunAsync("nbdcopy", "--flush", image, served.Uri());

        await served.RemoveAsync();
        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(path));
    }

    [PeerTheory("nbdcopy")]
    [InlineData(1, false)]
    [InlineData(100_001, false)]
    [InlineData((4 << 20) + 511, true)]
    public async Task A_file_that_ends_within_a_sector_is_copied_exactly(
        int length, bool tcp)
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        await ScriptAsync(served.Uri(), "h.pwrite(b'old!' * (2 << 20), 0)");
        var (image, back) = (served.Home.FilePath("image"), served.Home.FilePath("back"));
        var data = Bytes.Random(length, seed: length);
        await File.WriteAllBytesAsync(image, data);

        await RunAsync("nbdcopy", "--flush", image, served.Uri(tcp));
        await RunAsync("nbdcopy", served.Uri(tcp), back);

        await served.RemoveAsync();
        byte[] expected = [.. data, .. Enumerable.Range(length, (8 << 20) - length).Select(at => (byte)"old!"[at % 4])];
        foreach (var copy in (string[])[path, back])
        {
            var found = await File.ReadAllBytesAsync(copy);
            Assert.Equal(ServedDisks.SizeBytes, found.Length);
            Assert.True(expected.AsSpan().SequenceEqual(found.AsSpan(0, expected.Length)), $"{copy} differs");
            Assert.Equal(-1, found.AsSpan(expected.Length).IndexOfAnyExcept((byte)0));
        }
    }

    [PeerFact("nbdcopy")]
    public async Task The_whole_sectors_of_a_file_that_ends_within_a_sector_are_served()
    {
        await using var served = await ServedDisks.StartAsync();
        var (path, back) = (served.Home.FilePath("odd"), served.Home.FilePath("back"));
        var data = Bytes.Random(100_001, seed: 4);
        await File.WriteAllBytesAsync(path, data);
        var status = await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions { Path = path }));

        await RunAsync("nbdcopy", served.Uri(), back);

        Assert.Equal(100_001 / 512 * 512, status.Size.Bytes);
        Assert.Equal(data[..(100_001 / 512 * 512)], await File.ReadAllBytesAsync(back));
    }

    [PeerFact("nbdcopy")]
    public async Task Holes_overwrite_old_data()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var (image, back) = (served.Sample("image", seed: 7), served.Home.FilePath("back"));
        await ScriptAsync(served.Uri(), "h.pwrite(b'old!' * (1 << 20), 12 << 20)");

        await RunAsync("nbdcopy", image, served.Uri());
        await RunAsync("nbdcopy", "--no-extents", served.Uri(), back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
    }

    [PeerFact("nbdcopy")]
    public async Task An_export_is_copied_to_another_of_the_same_server()
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        await served.AddAsync("memory", new MemoryDevice(ByteSize.FromBytes(ServedDisks.SizeBytes)));
        var image = served.Sample("image", seed: 8);
        await RunAsync("nbdcopy", image, served.Uri(export: "memory"));

        await RunAsync("nbdcopy", "--flush", served.Uri(export: "memory"), served.Uri(tcp: true));

        await served.RemoveAsync();
        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(path));
    }
}
