namespace DmIo.Compare;

/// <summary>P1, P2 and P4: files in memory, where a write is a copy and all other work is overhead.</summary>
internal static class PageCacheScenarios
{
    private const int Legs = 3;

    private const string Ours = "dmio";
    private const string Async = "RandomAccess async, 32 workers";
    private const string Sync = "RandomAccess sync, 1 thread";
    private const string Ring = "fio io_uring";

    internal static IReadOnlyList<Contest> OneRegion(CompareSettings settings, TestFiles files)
    {
        var path = files.Add(settings.MemoryDirectory, settings.FileBytes);
        return
        [
            new Contest(
                "P1",
                "4 KiB random writes to a file in memory, 32 in flight",
                [
                    DmioBench.Of(Ours, settings, [.. DmioBench.Regions(path), .. RandomWrites(depth: 32)]),
                    OwnLoad.Of(
                        RandomAccessLoad.Name, Async, settings, "--file", path, "--async", "--workers", "32"),
                    OwnLoad.Of(RandomAccessLoad.Name, Sync, settings, "--file", path),
                    Fio.Of(
                        Ring, settings, path, "--ioengine=io_uring", "--rw=randwrite", "--bs=4k", "--iodepth=32"),
                    Fio.Of("fio psync, 1 job", settings, path, "--ioengine=psync", "--rw=randwrite", "--bs=4k"),
                ],
                [new RateRatio(Ours, Async, 1.2), new RateRatio(Ours, Ring, 1.0)]),
        ];
    }

    internal static IReadOnlyList<Contest> ThreeRegions(CompareSettings settings, TestFiles files)
    {
        var paths = Enumerable.Range(0, Legs)
            .Select(_ => files.Add(settings.MemoryDirectory, settings.FileBytes))
            .ToArray();
        string[] asFiles = [.. paths.SelectMany(path => new[] { "--file", path })];
        const string whenAll = "3 x RandomAccess.WriteAsync, 32 workers";
        return
        [
            new Contest(
                "P2",
                "4 KiB random writes to three files in memory at once, 32 in flight",
                [
                    DmioBench.Of(Ours, settings, [.. DmioBench.Regions(paths), .. RandomWrites(depth: 32)]),
                    OwnLoad.Of(
                        RandomAccessLoad.Name, whenAll, settings, [.. asFiles, "--async", "--workers", "32"]),
                ],
                [new RateRatio(Ours, whenAll, 1.5)]),
        ];
    }

    internal static IReadOnlyList<Contest> AddedLatency(CompareSettings settings, TestFiles files)
    {
        var path = files.Add(settings.MemoryDirectory, settings.FileBytes);
        const string tell = "dmio by Tell";
        const string ask = "dmio by Ask";
        const string bare = "RandomAccess.Write";
        string[] load = [.. DmioBench.Regions(path), .. RandomWrites(depth: 1)];
        return
        [
            new Contest(
                "P4",
                "One 4 KiB write in flight to a file in memory: what the service adds",
                [
                    DmioBench.Of(tell, settings, [.. load, "--by", "tell"]),
                    DmioBench.Of(ask, settings, [.. load, "--by", "ask"]),
                    OwnLoad.Of(RandomAccessLoad.Name, bare, settings, "--file", path),
                ],
                [new AddedMedian(tell, bare, 3), new AddedMedian(ask, bare, 6)]),
        ];
    }

    private static string[] RandomWrites(int depth) =>
        ["--operation", "randwrite", "--block-size", "4KiB", "--depth", depth.ToString()];
}
