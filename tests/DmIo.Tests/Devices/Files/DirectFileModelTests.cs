using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Random concurrent operations on a direct file, with memory of any alignment, compared with an
/// array.</summary>
public sealed class DirectFileModelTests : IDisposable
{
    private const int Sectors = 2048;
    private const int Rounds = 40;
    private const int AtATime = 8;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [DirectFact]
    public Task Default_mode() => RunAsync(mode: null, isOwned: false, seed: 11);

    [DirectFact]
    public Task Default_mode_with_an_owner() => RunAsync(mode: null, isOwned: true, seed: 12);

    [DirectFact]
    public Task Threads_mode() => RunAsync(ServiceMode.Threads, isOwned: false, seed: 13);

    [DirectFact]
    public Task Threads_mode_with_an_owner() => RunAsync(ServiceMode.Threads, isOwned: true, seed: 14);

    [DirectFact]
    public Task Inline() => RunAsync(ServiceMode.Inline, isOwned: true, seed: 15);

    private async Task RunAsync(ServiceMode? mode, bool isOwned, int seed)
    {
        var random = new Random(seed);
        var file = FileDevice.Open(new FileDeviceOptions
        {
            Path = directory.FilePath(),
            CreateSize = ByteSize.FromSectors(Sectors),
            IsDirect = true,
            Mode = mode,
        });
        await using IBlockDevice device = isOwned ? new PolledDevice(file) : file;
        var expected = new byte[Sectors * Sector.SizeBytes];
        for (var round = 0; round < Rounds; round++)
        {
            // Each call uses its own part of the file, so that concurrent calls do not overlap.
            var calls = Enumerable.Range(0, AtATime).Select(part => Begin(device, expected, part, random)).ToArray();
            foreach (var (call, check) in calls)
            {
                Assert.Equal(IoStatus.Ok, await call);
                Assert.True(check(), $"seed {seed}, round {round}");
            }
        }

        var content = await device.ContentAsync(0, Sectors);
        Assert.True(expected.AsSpan().SequenceEqual(content), $"seed {seed}");
    }

    private static (Task<IoStatus> Call, Func<bool> Check) Begin(
        IBlockDevice device, byte[] expected, int part, Random random)
    {
        const int PartSectors = Sectors / AtATime;
        var count = random.Next(1, PartSectors / 2);
        var start = (part * PartSectors) + random.Next(0, PartSectors - count);
        var place = expected.AsMemory(start * Sector.SizeBytes, count * Sector.SizeBytes);
        var bytes = Bytes.Random(place.Length, random.Next());
        var memory = SegmentedMemory.Cut(bytes, random, random.Next(100, 40_000));
        switch (random.Next(5))
        {
            case 0:
                place.Span.Clear();
                return (device.RunAsync(IoOperation.WriteZeroes, start, count), static () => true);
            case 1 or 2:
                bytes.CopyTo(place);
                return (device.RunAsync(IoOperation.Write, start, count, memory), static () => true);
            default:
                return (
                    device.RunAsync(IoOperation.Read, start, count, memory),
                    () => place.Span.SequenceEqual(bytes));
        }
    }
}
