using DmIo.Nbd.Tests.Peers;
using Xunit;
using static DmIo.Nbd.Tests.RealPeers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>nbdcopy copies to and from our server: several connections, extents, zeroes, all at once.</summary>
public sealed class NbdcopyTests
{
    [PeerTheory("nbdcopy")]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    [InlineData(true, 1)]
    public async Task What_is_copied_there_and_back_is_the_same(bool tcp, int connections)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var (image, back) = (served.Sample("image", seed: 5), served.Home.FilePath("back"));

        await RunAsync("nbdcopy", "--flush", $"--connections={connections}", image, served.Uri(tcp));
        await RunAsync("nbdcopy", $"--connections={connections}", served.Uri(tcp), back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
    }

    [PeerFact("nbdcopy")]
    public async Task A_copy_that_is_flushed_is_in_the_file()
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        var image = served.Sample("image", seed: 6);

        await RunAsync("nbdcopy", "--flush", image, served.Uri());

        await served.TakeAwayAsync();
        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(path));
    }

    [PeerFact("nbdcopy")]
    public async Task Holes_overwrite_what_was_there()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var (image, back) = (served.Sample("image", seed: 7), served.Home.FilePath("back"));
        await ScriptAsync(served.Uri(), "h.pwrite(b'old!' * (1 << 20), 12 << 20)");

        await RunAsync("nbdcopy", image, served.Uri());
        await RunAsync("nbdcopy", "--no-extents", served.Uri(), back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
    }

    [PeerFact("nbdcopy")]
    public async Task One_export_is_copied_to_another_of_the_same_server()
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        await served.AddAsync("memory", new DmIo.Devices.MemoryDevice(ServedDisks.SizeBytes / 512));
        var image = served.Sample("image", seed: 8);
        await RunAsync("nbdcopy", image, served.Uri(export: "memory"));

        await RunAsync("nbdcopy", "--flush", served.Uri(export: "memory"), served.Uri(tcp: true));

        await served.TakeAwayAsync();
        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(path));
    }
}
