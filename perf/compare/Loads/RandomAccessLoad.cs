using System.CommandLine;
using System.Diagnostics;
using DmIo.Cli.Bench;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Compare;

/// <summary>
/// The obvious .NET code without this library: <see cref="RandomAccess"/> in a number of workers with one write in
/// flight each. With several files, each write goes to all of them, with Task.WhenAll. Offsets, histogram and measuring
/// window are those of <c>dmio bench</c>.
/// </summary>
internal static class RandomAccessLoad
{
    internal const string Name = "randomaccess";

    private static readonly Option<string[]> Files = new("--file") { Required = true };

    private static readonly Option<int> Workers = new("--workers") { DefaultValueFactory = _ => 1 };

    private static readonly Option<bool> IsAsync = new("--async");

    private static readonly Option<bool> IsFlushed = new("--flush");

    internal static Command Create(CancellationToken end)
    {
        var command = new Command(Name, "Random 4 KiB writes by RandomAccess.") { Files, Workers, IsAsync, IsFlushed }
            .With(LoadOptions.All);
        command.SetAction(parsed => RunAsync(parsed, end));
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, CancellationToken end)
    {
        var handles = parsed.GetRequiredValue(Files)
            .Select(path => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
            .ToArray();
        var workload = new BenchWorkload
        {
            Operation = BenchOperation.RandWrite,
            Regions = [.. handles.Select((file, index) =>
                new IoRegion($"file{index}", 0, RandomAccess.GetLength(file) / Sector.SizeBytes))],
            BlockBytes = 4096,
            Depth = parsed.GetValue(Workers),
            IsFlushed = parsed.GetValue(IsFlushed),
        };
        var limits = LoadOptions.LimitsOf(parsed);
        var job = new RandomAccessJob(workload, handles, parsed.GetValue(IsAsync));
        var outcome = await BenchRun.RunAsync([job], limits, end);
        LoadOptions.Print(workload, limits, outcome, isAlone: true);
        foreach (var handle in handles)
        {
            handle.Dispose();
        }
    }

    private sealed class RandomAccessJob(BenchWorkload workload, SafeFileHandle[] files, bool isAsync) : IBenchJob
    {
        private static readonly IoResult Ok = new(regionCount: 1);

        private readonly BenchPattern pattern = new(workload, lease: 0, leases: 1);
        private readonly BenchCounters[] counters =
            [.. Enumerable.Range(0, workload.Depth).Select(_ => new BenchCounters())];

        public IReadOnlyList<BenchCounters> Counters => counters;

        public Task RunAsync(BenchWindow window) => Task.WhenAll(counters.Select(counter => isAsync
            ? Task.Run(() => WorkAsync(counter, window))
            : Task.Factory.StartNew(() => Work(counter, window), TaskCreationOptions.LongRunning)));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private async Task WorkAsync(BenchCounters counter, BenchWindow window)
        {
            var block = NewBlock();
            for (var now = Stopwatch.GetTimestamp(); window.MaySend(now); now = Stopwatch.GetTimestamp())
            {
                var offset = pattern.NextTarget() * workload.BlockBytes;
                if (files.Length == 1)
                {
                    await RandomAccess.WriteAsync(files[0], block, offset);
                }
                else
                {
                    await Task.WhenAll(files.Select(file => RandomAccess.WriteAsync(file, block, offset).AsTask()));
                }

                counter.Done(window, now, Stopwatch.GetTimestamp(), Ok);
            }
        }

        private void Work(BenchCounters counter, BenchWindow window)
        {
            var block = NewBlock();
            for (var now = Stopwatch.GetTimestamp(); window.MaySend(now); now = Stopwatch.GetTimestamp())
            {
                var offset = pattern.NextTarget() * workload.BlockBytes;
                foreach (var file in files)
                {
                    RandomAccess.Write(file, block, offset);
                    if (workload.IsFlushed)
                    {
                        RandomAccess.FlushToDisk(file);
                    }
                }

                counter.Done(window, now, Stopwatch.GetTimestamp(), Ok);
            }
        }

        private byte[] NewBlock()
        {
            var block = new byte[workload.BlockBytes];
            new Random(workload.Seed).NextBytes(block);
            return block;
        }
    }
}
