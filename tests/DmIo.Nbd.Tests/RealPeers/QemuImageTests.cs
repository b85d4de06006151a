using System.Text.Json;
using DmIo.Devices.Files;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>qemu-img copies images to the server and back, compares them, and maps their holes.</summary>
public sealed class QemuImageTests
{
    [PeerTheory("qemu-img")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_is_copied_to_memory_and_back(bool tcp)
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await AssertRoundTripAsync(served, tcp);
    }

    [PeerTheory("qemu-img")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_is_copied_to_a_file(bool tcp)
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;

        var image = await AssertRoundTripAsync(served, tcp);

        await served.RemoveAsync();
        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(path));
    }

    [DirectPeerFact("qemu-img")]
    public async Task An_image_is_copied_with_direct_IO_and_back()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions
        {
            Path = served.Home.SparseFile("direct.img", ServedDisks.SizeBytes),
            IsDirect = true,
        }));

        await AssertRoundTripAsync(served, tcp: false);
    }

    [PeerFact("qemu-img")]
    public async Task A_difference_is_detected()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var image = served.Sample("image", seed: 3);
        await RunAsync("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image, served.Uri());
        await ScriptAsync(served.Uri(), "h.pwrite(b'\\0' * 512, 4096)");

        var printed = await FailAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", image, served.Uri());

        Assert.Contains("Content mismatch at offset 4096!", printed, StringComparison.Ordinal);
    }

    [PeerFact("qemu-img")]
    public async Task The_map_shows_data_and_covers_the_whole_disk()
    {
        var (served, _) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        await RunAsync(
            "qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", served.Sample("image", seed: 4), served.Uri());

        var map = JsonDocument.Parse(await RunAsync("qemu-img", "map", "--output=json", served.Uri())).RootElement;

        long covered = 0;
        foreach (var extent in map.EnumerateArray())
        {
            var (start, length) = (extent.GetProperty("start").GetInt64(), extent.GetProperty("length").GetInt64());
            Assert.Equal(covered, start);
            covered += length;
            var touchesData = start < ServedDisks.SizeBytes / 4 || covered > ServedDisks.SizeBytes * 3L / 4;
            Assert.True(extent.GetProperty("data").GetBoolean() || !touchesData, $"{extent} holds data");
        }

        Assert.Equal(ServedDisks.SizeBytes, covered);
    }

    [PeerFact("qemu-img")]
    public async Task The_size_is_that_of_the_device()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        var info = JsonDocument.Parse(
            await RunAsync("qemu-img", "info", "-f", "raw", "--output=json", served.Uri(tcp: true))).RootElement;

        Assert.Equal(ServedDisks.SizeBytes, info.GetProperty("virtual-size").GetInt64());
    }

    /// <summary>Returns the path of the image.</summary>
    private static async Task<string> AssertRoundTripAsync(ServedDisks served, bool tcp)
    {
        var (image, back, uri) = (served.Sample("image", seed: 1), served.Home.FilePath("back"), served.Uri(tcp));
        await RunAsync("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image, uri);
        await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", image, uri);

        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", "raw", uri, back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
        return image;
    }
}
