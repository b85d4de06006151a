using System.Globalization;
using System.Runtime.InteropServices;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Client;

/// <summary>
/// Requests on memory that the garbage collector would move, during repeated compaction: data is right only if each
/// buffer stays pinned until its own completion. <c>DMIO_COLLECTOR_ROUNDS</c> is the number of rounds;
/// <c>DOTNET_GCStress</c> would do the same, but only checked builds of the runtime have it.
/// </summary>
public sealed class CollectorTests(ITestOutputHelper output)
{
    private const int AtOnce = 32;
    private const int SectorsEach = 9;

    private static readonly int Rounds = int.TryParse(
        Environment.GetEnvironmentVariable("DMIO_COLLECTOR_ROUNDS"), CultureInfo.InvariantCulture, out var rounds)
        ? rounds : 40;

    [Theory]
    [InlineData(null)]
    [InlineData(ServiceMode.Inline)]
    [InlineData(ServiceMode.Threads)]
    public async Task Buffers_stay_pinned_until_their_own_completion(ServiceMode? mode)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.Delete(path);
            var device = FileDevice.Open(
                new FileDeviceOptions
                {
                    Path = path,
                    CreateSize = ByteSize.FromSectors(AtOnce * SectorsEach),
                    Mode = mode,
                });
            output.WriteLine($"{device.Description.Mode}");
            await using var running = new RunningService();
            await running.Service.AttachAsync("disk", device).InTime();
            var collector = new Collector();
            var collecting = Task.Run(collector.RunAsync);
            await RunAsync(running.Service);
            collector.Stop();
            await collecting.InTime();
            output.WriteLine($"{collector.Collections} collections, {collector.Moved} arrays moved");
            Assert.True(collector.Moved > 0, "No object was moved, so the test proves nothing.");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task RunAsync(DmIoService service)
    {
        await using var client = await service.OpenAsync(pages: AtOnce * 2).InTime();
        for (var round = 0; round < Rounds; round++)
        {
            var fill = (byte)(round + 1);
            var written = await Task.WhenAll(All(index =>
                client.WriteAsync(Region(index), Movable(index, (byte)(fill + index))))).InTime();
            var memories = All(_ => Movable(round, 0)).ToArray();
            var read = await Task.WhenAll(All(index => client.ReadAsync(Region(index), memories[index]))).InTime();

            Assert.All(written.Concat(read), result => Assert.True(result.IsOk, result.ToString()));
            foreach (var (index, memory) in memories.Index())
            {
                Assert.False(memory.AsSpan().ContainsAnyExcept((byte)(fill + index)), $"round {round}, {index}");
            }
        }
    }

    private static IEnumerable<T> All<T>(Func<int, T> make) => Enumerable.Range(0, AtOnce).Select(make);

    private static IoRegion Region(int index) => new("disk", index * SectorsEach, SectorsEach);

    /// <summary>A small young array behind garbage, so that a compaction moves it.</summary>
    private static byte[] Movable(int size, byte fill)
    {
        GC.KeepAlive(new byte[100 + size]);
        var bytes = new byte[SectorsEach * Sector.SizeBytes];
        Array.Fill(bytes, fill);
        return bytes;
    }

    /// <summary>Compacts repeatedly, and verifies with its own arrays that objects are moved.</summary>
    private sealed class Collector
    {
        private volatile bool isStopped;

        internal int Collections { get; private set; }

        internal int Moved { get; private set; }

        internal void Stop() => isStopped = true;

        internal async Task RunAsync()
        {
            do
            {
                GC.KeepAlive(new byte[4000]);
                var watched = new byte[64];
                var before = Marshal.UnsafeAddrOfPinnedArrayElement(watched, 0);
                GC.Collect(Collections % 4 == 3 ? 2 : 0, GCCollectionMode.Forced, blocking: true, compacting: true);
                Moved += Marshal.UnsafeAddrOfPinnedArrayElement(watched, 0) == before ? 0 : 1;
                Collections++;

                // Without a pause, other threads of the process can wait for minutes for the next collection on a slow
                // machine, and tests in parallel time out.
                await Task.Delay(1);
            }
            while (!isStopped);
        }
    }
}
