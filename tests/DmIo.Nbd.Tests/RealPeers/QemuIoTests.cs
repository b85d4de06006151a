using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>qemu-io writes patterns and verifies them; a mismatch is a failure.</summary>
public sealed class QemuIoTests
{
    [PeerTheory("qemu-io")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Patterns_are_read_as_they_were_written(bool tcp)
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await IoAsync(
            served.Uri(tcp),
            "write -P 0x5a 0 1M", "read -P 0x5a 0 1M", "write -P 0x11 31M 1M", "read -P 0x11 31M 1M",
            "write -P 0x22 512 64k", "read -P 0x22 512 64k", "read -P 0x5a 0 512", "read -P 0x5a 66048 512");
    }

    [PeerFact("qemu-io")]
    public async Task Neighbors_of_a_sector_are_unchanged()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await IoAsync(
            served.Uri(),
            "write -P 1 0 8k", "write -P 2 100 1000", "write -P 3 4095 2", "write -z 6000 700",
            "read -P 1 0 100", "read -P 2 100 1000", "read -P 1 1100 2995", "read -P 3 4095 2", "read -P 1 4097 1903",
            "read -P 0 6000 700", "read -P 1 6700 1492");
    }

    [PeerFact("qemu-io")]
    public async Task Zeroes_and_discards_do_not_change_their_neighbors()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await IoAsync(
            served.Uri(),
            "write -P 0x77 0 4M", "write -z 1M 1M", "write -z -u 2M 64k", "discard 3M 64k",
            "read -P 0 1M 1M", "read -P 0 2M 64k", "read -P 0x77 0 1M", "read -P 0x77 2162688 917504",
            "read -P 0x77 3211264 983040");
    }

    [PeerFact("qemu-io")]
    public async Task A_durable_write_and_a_flush_succeed()
    {
        var (served, path) = await ServedDisks.WithFileAsync();
        await using var ends = served;

        await IoAsync(served.Uri(), "write -f -P 9 4M 64k", "write -P 8 5M 4k", "flush");

        await served.RemoveAsync();
        await using var file = File.OpenRead(path);
        file.Position = 4 << 20;
        Assert.Equal(9, file.ReadByte());
        file.Position = 5 << 20;
        Assert.Equal(8, file.ReadByte());
    }

    [PeerFact("qemu-io")]
    public async Task Requests_of_32_MiB_are_accepted()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await IoAsync(served.Uri(), "write -P 0xab 0 32M", "read -P 0xab 0 32M", "write -z 0 32M", "read -P 0 0 32M");
    }

    [PeerFact("qemu-io")]
    public async Task Many_concurrent_requests_all_complete()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var writes = Enumerable.Range(0, 40).Select(at => $"aio_write -P {at + 1} {at * 70}k 66k");
        var reads = Enumerable.Range(0, 40).Select(at => $"read -P {at + 1} {at * 70}k 66k");

        await IoAsync(served.Uri(), [.. writes, "aio_flush", .. reads]);
    }

    private static async Task IoAsync(string uri, params string[] commands)
    {
        var printed = await RunAsync(
            "qemu-io", ["-f", "raw", uri, .. commands.SelectMany(command => new[] { "-c", command })]);
        Assert.DoesNotContain("failed", printed, StringComparison.Ordinal);
    }
}
