namespace DmIo.Compare;

/// <summary>N1 to N5: network disks in memory. fio's nbd engine uses all servers in the same way.</summary>
internal static class NetworkScenarios
{
    private const int Legs = 3;

    private static readonly string[] Directions = ["randread", "randwrite"];

    internal static IReadOnlyList<Contest> Rates(CompareSettings settings, TestFiles files) =>
    [
        .. Both(isTcp =>
        {
            var servers = new NetworkServers(settings, files);
            var ours = servers.StartDmio(isTcp, Memory(settings));
            var nbdkit = servers.StartNbdkit(isTcp);
            var image = files.Add(settings.MemoryDirectory, settings.FileBytes);
            var qemu = servers.StartQemu(isTcp, "-f", "raw", image);
            NetworkServers.Fill(image, ours, nbdkit);
            return Directions.Select(direction => new Contest(
                "N1",
                $"4 KiB {direction}, 32 in flight, {Over(isTcp)}",
                [
                    Small(NetworkServers.Ours, settings, ours, direction, depth: 32),
                    Small(NetworkServers.Nbdkit, settings, nbdkit, direction, depth: 32),
                    Small(NetworkServers.Qemu, settings, qemu, direction, depth: 32),
                ],
                [
                    new RateRatio(NetworkServers.Ours, NetworkServers.Qemu, 2),
                    new RateRatio(NetworkServers.Ours, NetworkServers.Nbdkit, 1),
                ]));
        }),
    ];

    internal static IReadOnlyList<Contest> Latency(CompareSettings settings, TestFiles files) =>
    [
        .. Both(isTcp =>
        {
            var servers = new NetworkServers(settings, files);
            var ours = servers.StartDmio(isTcp, Memory(settings));
            var nbdkit = servers.StartNbdkit(isTcp);
            NetworkServers.Fill(files.Add(settings.MemoryDirectory, settings.FileBytes), ours, nbdkit);
            return Directions.Select(direction => new Contest(
                "N2",
                $"4 KiB {direction}, one in flight, {Over(isTcp)}",
                [
                    Small(NetworkServers.Ours, settings, ours, direction, depth: 1),
                    Small(NetworkServers.Nbdkit, settings, nbdkit, direction, depth: 1),
                ],
                [
                    new LatencyRatio(
                        NetworkServers.Ours, NetworkServers.Nbdkit, "p50", sample => sample.P50, AtMost: 1),
                ]));
        }),
    ];

    internal static IReadOnlyList<Contest> Throughput(CompareSettings settings, TestFiles files)
    {
        var servers = new NetworkServers(settings, files);
        var ours = servers.StartDmio(isTcp: false, Memory(settings));
        var nbdkit = servers.StartNbdkit(isTcp: false);
        var image = files.Add(settings.MemoryDirectory, settings.FileBytes);
        NetworkServers.Fill(image, ours, nbdkit);
        return
        [
            Large("write", "1 MiB sequential writes, 4 in flight"),
            Large("read", "1 MiB sequential reads, 4 in flight"),
            Against(
                "nbdcopy from a file in memory",
                (name, server) => Nbdcopy.Of(name, server, settings.FileBytes, image, server.Uri)),
            Against(
                "nbdcopy to nothing",
                (name, server) => Nbdcopy.Of(name, server, settings.FileBytes, server.Uri, "null:")),
        ];

        Contest Large(string direction, string title) => Against(
            title,
            (name, server) => Fio.Network(
                name, settings, server, $"--rw={direction}", "--bs=1m", "--iodepth=4"));

        Contest Against(string title, Func<string, ServerProcess, Subject> subject) => new(
            "N3",
            $"{title}, {Over(isTcp: false)}",
            [subject(NetworkServers.Ours, ours), subject(NetworkServers.Nbdkit, nbdkit)],
            [new RateRatio(NetworkServers.Ours, NetworkServers.Nbdkit, 0.9)]);
    }

    internal static IReadOnlyList<Contest> Volume(CompareSettings settings, TestFiles files)
    {
        const string quorum = "qemu-nbd, quorum of 3";
        var servers = new NetworkServers(settings, files);
        var legs = VolumeScenarios.Sparse(
            files, settings.MemoryDirectory, settings.FileBytes + VolumeScenarios.MetadataBytes);
        var ours = servers.StartVolume(isTcp: false, legs);
        var children = Images()
            .Select((path, index) => $"children.{index}.driver=raw,children.{index}.file.driver=file,"
                + $"children.{index}.file.filename={path}");
        var qemu = servers.StartQemu(
            isTcp: false, "--image-opts", $"driver=quorum,vote-threshold=2,{string.Join(',', children)}");
        return
        [
            new Contest(
                "N4",
                $"4 KiB random writes to a volume of three files in memory, 32 in flight, {Over(isTcp: false)}",
                [
                    Small(NetworkServers.Ours, settings, ours, "randwrite", depth: 32),
                    Small(quorum, settings, qemu, "randwrite", depth: 32),
                ],
                [new RateRatio(NetworkServers.Ours, quorum, 2)]),
        ];

        string[] Images() =>
            [.. Enumerable.Range(0, Legs).Select(_ => files.Add(settings.MemoryDirectory, settings.FileBytes))];
    }

    internal static IReadOnlyList<Contest> Client(CompareSettings settings, TestFiles files)
    {
        const string ours = "dmio bench";
        const string fio = "fio nbd";
        var servers = new NetworkServers(settings, files);
        var nbdkit = servers.StartNbdkit(isTcp: false);
        NetworkServers.Fill(files.Add(settings.MemoryDirectory, settings.FileBytes), nbdkit);
        return
        [
            .. Directions.Select(direction => new Contest(
                "N5",
                $"4 KiB {direction} to nbdkit's memory through our client device, 32 in flight, {Over(isTcp: false)}",
                [
                    DmioBench.Of(
                        ours,
                        settings,
                        ["--region", $"{nbdkit.Uri}@0", .. Load(direction)]) with { Missing = nbdkit.Missing },
                    Small(fio, settings, nbdkit, direction, depth: 32),
                ],
                [new RateRatio(ours, fio, 0.8)])),
        ];
    }

    private static IEnumerable<Contest> Both(Func<bool, IEnumerable<Contest>> contests) =>
        contests(false).Concat(contests(true));

    private static Subject Small(
        string name, CompareSettings settings, ServerProcess server, string direction, int depth) =>
        Fio.Network(name, settings, server, $"--rw={direction}", "--bs=4k", $"--iodepth={depth}");

    private static string[] Load(string direction) =>
        ["--operation", direction, "--block-size", "4KiB", "--depth", "32"];

    private static string Memory(CompareSettings settings) => $"mem:{settings.FileBytes}";

    private static string Over(bool isTcp) => isTcp ? "TCP" : "unix socket";
}
