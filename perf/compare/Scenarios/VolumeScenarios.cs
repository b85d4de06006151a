namespace DmIo.Compare;

/// <summary>V1 to V3: a volume of three legs against the same requests without a volume.</summary>
internal static class VolumeScenarios
{
    private const int Legs = 3;

    /// <summary>The room for the metadata of a volume, also of one of 16 GiB.</summary>
    internal const long MetadataBytes = 64 << 20;

    private const long ColdBytes = 16L << 30;

    private const string Ours = "volume";
    private const string ThreeRegions = "three regions";
    private const string OneRegion = "one region";

    /// <summary>Creates a volume; returns it as a device of <c>dmio</c>.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="legs">The paths of its legs.</param>
    internal static string Create(long bytes, params string[] legs)
    {
        ChildProcess.RunAssemblyAsync(
            "DmIo.Cli.dll",
            ["volume", "create", "disk", "--size", $"{bytes}", .. legs.SelectMany(leg => (string[])["--leg", leg])],
            CancellationToken.None).GetAwaiter().GetResult();
        return $"vol:{string.Join(',', legs)}";
    }

    internal static IReadOnlyList<Contest> InMemory(CompareSettings settings, TestFiles files) =>
        Rates("V1", "files in memory", settings, files, settings.MemoryDirectory, settings.FileBytes, []);

    internal static IReadOnlyList<Contest> OnDisk(CompareSettings settings, TestFiles files) =>
        Rates(
            "V2", "files on the disk, direct I/O", settings, files, settings.DiskDirectory, settings.DiskBytes,
            ["--direct"]);

    /// <summary>Each write goes to another extent, of which 1024 may be hot.</summary>
    internal static IReadOnlyList<Contest> Cold(CompareSettings settings, TestFiles files)
    {
        var volume = Create(ColdBytes, Sparse(files, settings.MemoryDirectory, ColdBytes + MetadataBytes));
        var images = Sparse(files, settings.MemoryDirectory, ColdBytes);
        return
        [
            new Contest(
                "V3",
                "4 KiB random writes over 16 GiB of sparse files in memory, 32 in flight",
                [
                    Bench(Ours, settings, [volume], ["--operation", "randwrite"]),
                    Bench(ThreeRegions, settings, images, ["--operation", "randwrite"]),
                ],
                [new RateRatio(Ours, ThreeRegions, 0.5)]),
        ];
    }

    private static IReadOnlyList<Contest> Rates(
        string id,
        string where,
        CompareSettings settings,
        TestFiles files,
        string directory,
        long bytes,
        string[] options)
    {
        var volume = Create(bytes, Sparse(files, directory, bytes + MetadataBytes));
        var images = Enumerable.Range(0, Legs).Select(_ => files.Add(directory, bytes)).ToArray();
        ChildProcess.RunAssemblyAsync(
            "DmIo.Cli.dll",
            [
                "bench", "--region", $"{volume}@0", "--operation", "write", "--block-size", "1MiB", "--depth", "4",
                "--prefill", "--requests", "1", "--warmup", "0s",
            ],
            CancellationToken.None).GetAwaiter().GetResult();
        return
        [
            new Contest(
                id,
                $"4 KiB random writes to three {where}, 32 in flight",
                [
                    Bench(Ours, settings, [volume], ["--operation", "randwrite", .. options]),
                    Bench(ThreeRegions, settings, images, ["--operation", "randwrite", .. options]),
                ],
                [new RateRatio(Ours, ThreeRegions, 0.9)]),
            new Contest(
                id,
                $"4 KiB random reads of three {where}, 32 in flight",
                [
                    Bench(Ours, settings, [volume], ["--operation", "randread", .. options]),
                    Bench(OneRegion, settings, images[..1], ["--operation", "randread", .. options]),
                ],
                [new RateRatio(Ours, OneRegion, 0.95)]),
        ];
    }

    /// <summary>Sparse files for the legs of a volume.</summary>
    internal static string[] Sparse(TestFiles files, string directory, long bytes) =>
        [.. Enumerable.Range(0, Legs).Select(_ => files.AddSparse(directory, bytes))];

    private static Subject Bench(string name, CompareSettings settings, string[] devices, string[] options) =>
        DmioBench.Of(
            name, settings, [.. DmioBench.Regions(devices), .. options, "--block-size", "4KiB", "--depth", "32"]);
}
