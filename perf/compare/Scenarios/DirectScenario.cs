namespace DmIo.Compare;

/// <summary>P3: the disk itself, compared with fio and io_uring.</summary>
internal static class DirectScenario
{
    private const string Ours = "dmio";
    private const string Ring = "fio io_uring";
    private const double Floor = 0.95;

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files)
    {
        var path = files.Add(settings.DiskDirectory, settings.DiskBytes);
        return
        [
            Of("4 KiB random reads, 32 in flight", "randread", "4KiB", 32),
            Of("4 KiB random writes, 32 in flight", "randwrite", "4KiB", 32),
            Of("128 KiB reads in order, 8 in flight", "read", "128KiB", 8),
            Of("128 KiB writes in order, 8 in flight", "write", "128KiB", 8),
        ];

        Contest Of(string title, string operation, string block, int depth) => new(
            "P3",
            $"Direct I/O on the disk: {title}",
            [
                DmioBench.Of(
                    Ours,
                    settings,
                    [
                        .. DmioBench.Regions(path), "--direct", "--operation", operation, "--block-size", block,
                        "--depth", depth.ToString(),
                    ]),
                Fio.Of(
                    Ring,
                    settings,
                    path,
                    "--ioengine=io_uring",
                    "--direct=1",
                    $"--rw={operation}",
                    $"--bs={block[..^2]}",
                    $"--iodepth={depth}"),
            ],
            [new RateRatio(Ours, Ring, Floor)]);
    }
}
