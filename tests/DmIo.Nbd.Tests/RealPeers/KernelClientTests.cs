using System.Security.Cryptography;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Tests.Server;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>The client of the Linux kernel, which does not support structured replies, in a guest.</summary>
public sealed class KernelClientTests(ITestOutputHelper output)
{
    private const int HalfBytes = ServedDisks.SizeBytes / 2;

    [GuestFact]
    public async Task Concurrent_large_and_small_reads_return_the_disks_content()
    {
        var content = PipelinedClient.NewContent(ServedDisks.SizeBytes);
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions
        {
            Path = served.Home.SparseFile("disk.img", ServedDisks.SizeBytes),
            Mode = ServiceMode.Threads,
            IsDirect = DiskModes.Supported.Contains(DiskMode.Direct),
        }));
        using (var client = await served.UseAsync())
        {
            Assert.Equal(NbdError.None, await client.WriteAsync(0, content[..HalfBytes]));
        }

        var printed = await KernelGuest.RunAsync(served.Home, Script(new Uri(served.Uri(tcp: true)).Port));

        output.WriteLine(printed);
        var sum = Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(0, HalfBytes)));
        Assert.Contains($"GUEST read {sum}", printed);
        Assert.Contains($"GUEST cached {sum}", printed);
        Assert.Contains("GUEST end", printed);
        Assert.DoesNotContain("GUEST failed", printed);
        Assert.DoesNotContain("Wrong magic", printed);
        using var reader = await served.UseAsync();
        Assert.Equal(content[..HalfBytes], await reader.ReadAsync(HalfBytes, HalfBytes));
    }

    /// <summary>Reads the first half in large requests while others read it in small and large ones, and copies it to
    /// the second half.</summary>
    private static string Script(int port) => $$"""
        for attempt in 1 2 3 4 5 6 7 8 9 10; do
          nbd-client 10.0.2.2 {{port}} /dev/nbd0 -N disk -b 512 && break
          sleep 1
        done
        echo 32768 > /sys/block/nbd0/queue/max_sectors_kb
        echo 8192 > /sys/block/nbd0/queue/read_ahead_kb
        read_half() { dd if=/dev/nbd0 bs=${1}k count=$(({{HalfBytes / 1024}} / $1)) iflag=direct 2>/dev/null; }
        for size in 4 4 4 8192; do
          (while true; do read_half $size > /dev/null || echo "GUEST failed to read by $size KiB"; done) &
        done
        echo "GUEST read $(read_half 1024 | sha256sum)"
        dd if=/dev/nbd0 of=/dev/nbd0 bs=1M count={{HalfBytes >> 20}} seek={{HalfBytes >> 20}} iflag=direct \
          oflag=direct conv=fsync 2>/dev/null || echo "GUEST failed to copy"
        kill $(jobs -p)
        echo 3 > /proc/sys/vm/drop_caches
        echo "GUEST cached $(head -c {{HalfBytes}} /dev/nbd0 | sha256sum)"
        nbd-client -d /dev/nbd0
        echo "GUEST end"
        """;
}
