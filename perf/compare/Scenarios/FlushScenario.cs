namespace DmIo.Compare;

/// <summary>P8: writers that each wait for a flush after every write, and share flushes.</summary>
internal static class FlushScenario
{
    private const string Together = "dmio, 32 writers";
    private const string InTurn = "dmio, one after another";
    private const string Bare = "fio psync with fdatasync, one after another";
    private const string Buffered = "RandomAccess (page cache) with fsync, one after another";

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files)
    {
        var path = files.Add(settings.DiskDirectory, settings.DiskBytes);
        return
        [
            new Contest(
                "P8",
                "4 KiB random writes on the disk, each followed by a flush",
                [
                    DmioBench.Of(Together, settings, Load(depth: 32)),
                    DmioBench.Of(InTurn, settings, Load(depth: 1)),
                    Fio.Of(
                        Bare,
                        settings,
                        path,
                        "--ioengine=psync",
                        "--direct=1",
                        "--rw=randwrite",
                        "--bs=4k",
                        "--fdatasync=1"),
                    OwnLoad.Of(RandomAccessLoad.Name, Buffered, settings, "--file", path, "--flush"),
                ],
                [new RateRatio(Together, InTurn, 3), new RateRatio(Together, Bare, 3)]),
        ];

        string[] Load(int depth) =>
        [
            .. DmioBench.Regions(path), "--direct", "--operation", "randwrite", "--flush", "--depth", depth.ToString(),
        ];
    }
}
