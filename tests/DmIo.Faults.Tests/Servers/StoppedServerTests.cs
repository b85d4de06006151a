using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Nbd.Client;
using Xunit;

namespace DmIo.Faults.Tests.Servers;

/// <summary>
/// A server that is stopped for an unknown time: a deadline ends the wait, the memory is held, other devices are
/// served, and the device continues when the server does.
/// </summary>
public sealed class StoppedServerTests
{
    private static readonly RequestOptions Soon = new() { Deadline = TimeSpan.FromMilliseconds(200) };

    [MountTheory("nbdkit", "nbdfuse", "fusermount3")]
    [MemberData(nameof(FileModes.Waiting), MemberType = typeof(FileModes))]
    public async Task A_file_of_a_stopped_server_is_stuck_until_the_server_continues(ServiceMode mode)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var bench = await FaultBench.StartAsync(file.Path, mode);
        await StopAndContinueAsync(bench, file.Server);
    }

    /// <summary>Blocking operations run on kernel threads that all rings share.</summary>
    [MountTheory("nbdkit", "nbdfuse", "fusermount3")]
    [MemberData(nameof(FileModes.Waiting), MemberType = typeof(FileModes))]
    public async Task A_stuck_file_with_a_full_queue_delays_no_other_file(ServiceMode mode)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        using var other = DiskFile.OnDisk(lengthBytes: 1 << 20);
        await using var bench = await FaultBench.StartAsync(file.Path, mode);
        await bench.Service.AttachAsync(
            "other", FileDevice.Open(new FileDeviceOptions { Path = other.Path, Mode = mode })).InTime();
        await file.Server.StopAsync();
        try
        {
            // The sectors are not adjacent, so that the reads are not merged.
            var stuck = await Task.WhenAll(Enumerable.Range(0, 100).Select(index => bench.Client.ReadAsync(
                new IoRegion(FaultBench.Faulty, index * 64, 8), new byte[4096], Soon))).InTime();

            Assert.All(stuck, read => Assert.Equal(IoStatusCode.TimedOut, read[0].Code));
            Assert.Equal(32, stuck.Count(read => read.BufferHeld));
            for (var index = 0; index < 50; index++)
            {
                var written = await bench.Client.WriteAsync(
                    new IoRegion("other", index * 8, 8), bench.Pattern(8)).InTime();
                Assert.True(written.IsOk, written.ToString());
                var flushed = await bench.Client.FlushAsync([new IoRegion("other", 0, 0)]).InTime();
                Assert.True(flushed.IsOk, flushed.ToString());
            }
        }
        finally
        {
            file.Server.Continue();
        }

        await bench.AssertServesAsync(0);
    }

    [PeerFact("nbdkit")]
    public async Task A_network_disk_of_a_stopped_server_is_stuck_until_the_server_continues()
    {
        await using var server = await NbdPeer.NbdkitAsync("memory", "4M");
        var device = await NbdDevice.OpenAsync(
            new NbdDeviceOptions { Uri = server.Uri, RequestTimeout = TimeSpan.Zero }).InTime();
        await using var bench = await FaultBench.StartAsync(device);
        await StopAndContinueAsync(bench, server.Process);
    }

    private static async Task StopAndContinueAsync(FaultBench bench, PeerProcess server)
    {
        await bench.AssertServesAsync(0);
        await server.StopAsync();
        try
        {
            var data = bench.Pattern(8);
            IoRegion[] both = [new(FaultBench.Faulty, 64, 8), new(FaultBench.Healthy, 64, 8)];

            var late = await bench.Client.WriteAsync(both, data, Soon).InTime();

            Assert.Equal(IoStatusCode.TimedOut, late[0].Code);
            Assert.True(late[1].IsOk && late.BufferHeld, late.ToString());
            Assert.Contains(FaultBench.Faulty, $"{late[0]}", StringComparison.Ordinal);
            var other = await bench.Client.WriteAsync(
                new IoRegion(FaultBench.Healthy, 0, 8), bench.Pattern(8)).InTime();
            Assert.True(other.IsOk);
            var waiting = bench.Client.ReadAsync(new IoRegion(FaultBench.Faulty, 64, 8), new byte[4096]);
            Assert.False(waiting.IsCompleted);
            server.Continue();
            Assert.True((await waiting.InTime()).IsOk);
            var (status, held) = await bench.ReadAsync(64, 8);
            Assert.Equal(IoStatus.Ok, status);
            Assert.Equal(data, held);
        }
        finally
        {
            server.Continue();
        }

        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }
}
