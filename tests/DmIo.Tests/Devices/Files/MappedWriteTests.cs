using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Memory;
using DmIo.Tests.Devices.Stores;
using Xunit;
using Xunit.Abstractions;
using static DmIo.Tests.Devices.Stores.MappedFile;

namespace DmIo.Tests.Devices.Files;

/// <summary>Inline files on tmpfs: writes through the mapping have the same effect as pwrite.</summary>
public sealed class MappedWriteTests(ITestOutputHelper output) : IDisposable
{
    private const string Memory = "/dev/shm";
    private const int Pages = 256;
    private const int Length = Pages * 4096;

    private readonly TemporaryDirectory directory = new(Directory.Exists(Memory) ? Memory : null);

    public void Dispose() => directory.Dispose();

    [SharedMemoryFact]
    public void Writes_and_reads_of_any_segments_agree_with_an_array()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var file = Open();
        var expected = new byte[Length];
        for (var round = 0; round < 200; round++)
        {
            RunTurn(file, expected, random);
        }

        Assert.True(file.IsUsed);
        Assert.Equal(expected, file.Content);
    }

    [SharedMemoryFact]
    public void Many_calls_with_the_maximum_number_of_segments_are_all_written()
    {
        const int segments = DeviceDescription.SegmentsPerSystemCall;
        using var file = Open();
        var written = Bytes.Random(Length, seed: 7);
        var source = written.AsMemory();

        // Every other byte range is in its own array, so that no ranges are adjacent.
        var calls = Enumerable.Range(0, 16).Select(call =>
        {
            var batch = new SegmentBatch();
            for (var index = 0; index < segments; index++)
            {
                batch.Add(source.Slice(((call * segments) + index) * 64, 64).ToArray());
            }

            return Write(call * segments * 64L, batch);
        });

        Assert.All(file.Make(calls), result => Assert.Equal(TransferResult.Moved(segments * 64), result));
        Assert.Equal(written, file.Content);
    }

    [SharedMemoryFact]
    public void A_single_large_write_is_complete()
    {
        using var file = Open();
        var written = Bytes.Random(Length, seed: 11);

        var result = Assert.Single(file.Make([Write(0, Bytes.Batch(written))]));

        Assert.Equal(TransferResult.Moved(Length), result);
        Assert.Equal(written, file.Content);
    }

    [SharedMemoryFact]
    public void Changes_through_another_handle_are_visible()
    {
        using var file = Open();
        file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)1)));
        Assert.True(file.Discard(8 * 4096, 16 * 4096).IsOk);
        using (var other = File.Open(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.Write(Bytes.Filled(4096, 2));
        }

        file.WritePages(Enumerable.Range(10, 4).Select(page => (page, (byte)3)));

        Assert.Equal(
            Bytes.Sectors((8, 2), (7 * 8, 1), (2 * 8, 0), (4 * 8, 3), (10 * 8, 0), ((Pages - 24) * 8, 1)),
            file.Content);
    }

    [SharedMemoryTheory]
    [InlineData(0)]
    [InlineData(100 * 4096)]
    [InlineData((100 * 4096) + 1000)]
    [InlineData(Length - 1)]
    public void A_truncated_file_has_the_same_content_as_after_pwrite(int cutTo)
    {
        var contents = new List<byte[]>();
        foreach (var isMapped in new[] { true, false })
        {
            using var file = Open(isMapped: isMapped);
            file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)1)));
            Cut(file.Path, cutTo);

            var results = file.WritePages(Enumerable.Range(96, 32).Select(page => (page, (byte)page)));

            Assert.All(results, result => Assert.Equal(TransferResult.Moved(4096), result));
            Assert.Equal(4096, Assert.Single(file.WritePages((Pages - 1, (byte)9))).Bytes);
            contents.Add(file.Content);
        }

        Assert.Equal(contents[1], contents[0]);
    }

    [SharedMemoryFact]
    public void A_file_extended_by_others_keeps_its_length()
    {
        using var file = Open();
        Cut(file.Path, Length * 2);

        file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)5)));

        Assert.Equal(Bytes.Sectors((Pages * 8, 5), (Pages * 8, 0)), file.Content);
    }

    [SharedMemoryFact]
    public void A_kernel_that_refuses_such_writes_is_called_once_and_pwrite_is_used()
    {
        using var file = Open(processId: int.MaxValue);
        Assert.True(file.IsUsed);

        var results = file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)5)));

        Assert.All(results, result => Assert.Equal(TransferResult.Moved(4096), result));
        Assert.False(file.IsUsed);
        Assert.Equal(Bytes.Sectors((Pages * 8, 5)), file.Content);
    }

    [SharedMemoryFact]
    public void Memory_that_throws_fails_only_its_own_write()
    {
        using var file = Open();
        using var gone = new GoneMemory();
        var calls = Enumerable.Range(0, 32).Select(page => Write(
            page * 4096L, Bytes.Batch(page % 5 == 2 ? gone.Memory : Bytes.Filled(4096, 1))));
        var wrong = 0;

        var tasks = calls.Select(call => (Func<InlineEngine, ValueTask<TransferResult>>)(async engine =>
        {
            try
            {
                return await call(engine);
            }
            catch (ObjectDisposedException)
            {
                Interlocked.Increment(ref wrong);
                return TransferResult.Moved(0);
            }
        }));

        var results = file.Make(tasks);

        Assert.Equal(6, wrong);
        Assert.All(Enumerable.Range(0, 32), page => Assert.Equal(page % 5 == 2 ? 0 : 4096, results[page].Bytes));
        Assert.All(
            Enumerable.Range(0, 32), page => Assert.Equal(page % 5 == 2 ? 0 : 1, file.Content[page * 4096]));
    }

    [SharedMemoryFact]
    public void In_steady_state_nothing_is_allocated()
    {
        using var file = Open();
        var calls = Enumerable.Range(0, 4)
            .Select(page => Write(page * 4096L, Bytes.Batch(Bytes.Filled(4096, 1)))).ToArray();
        var bare = Allocations.Of(() => file.Make([]));

        // The tasks are allocated by the test; the rest is the same for pairs of turns with and without the mapping.
        using var plain = Open("plain.img", isMapped: false);
        Assert.Equal(
            Allocations.Of(() => plain.Make(calls)) - bare, Allocations.Of(() => file.Make(calls)) - bare);
    }

    private static void RunTurn(MappedFile file, byte[] expected, Random random)
    {
        // The calls of a turn use disjoint ranges of the device.
        var calls = new List<Func<InlineEngine, ValueTask<TransferResult>>>();
        var checks = new List<(byte[] Read, int Offset)>();
        for (var at = random.Next(64) * 512; at < Length && calls.Count < 48;)
        {
            var length = Math.Min(Length - at, random.Next(1, random.Next(4) == 0 ? 256 : 24) * 512);
            if (random.Next(4) == 0)
            {
                var read = new byte[length];
                calls.Add(Read(at, Split(read, random)));
                checks.Add((read, at));
            }
            else
            {
                var bytes = new byte[length];
                random.NextBytes(bytes);
                bytes.CopyTo(expected, at);
                calls.Add(Write(at, Split(bytes, random), isDurable: random.Next(8) == 0));
            }

            at += length + (random.Next(8) * 512);
        }

        Assert.All(file.Make(calls), result => Assert.True(result.Status.IsOk));
        Assert.All(
            checks, check => Assert.Equal(expected[check.Offset..(check.Offset + check.Read.Length)], check.Read));
    }

    private static SegmentBatch Split(byte[] bytes, Random random)
    {
        var batch = new SegmentBatch();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(bytes.Length - at, random.Next(1, random.Next(2) == 0 ? 700 : 40_000));
            batch.Add(bytes.AsMemory(at, length));
            at += length;
        }

        return batch;
    }

    private static void Cut(string path, int lengthBytes)
    {
        using var other = File.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        other.SetLength(lengthBytes);
    }

    private MappedFile Open(string? name = null, bool isMapped = true, int? processId = null)
    {
        var file = new MappedFile(
            directory.FilePath(name ?? $"{Guid.NewGuid():N}.img"), Length, isMapped, processId);
        Assert.Equal(isMapped, file.IsMapped);
        return file;
    }
}
