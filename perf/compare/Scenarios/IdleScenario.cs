using DmIo.Nbd;
using DmIo.Nbd.Client;

namespace DmIo.Compare;

/// <summary>N6: the cost of 200 mostly idle clients: memory, and the throughput of an active one.</summary>
internal static class IdleScenario
{
    private const int Connections = 200;
    private const string Alone = "busy client alone";
    private const string Among = "busy client among 200 idle ones";
    private const string Each = "an idle connection";

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files)
    {
        var servers = new NetworkServers(settings, files);
        var empty = servers.StartDmio(isTcp: false, $"mem:{settings.FileBytes}");
        var crowded = servers.StartDmio(isTcp: false, $"mem:{settings.FileBytes}");
        var crowd = new IdleClients(crowded);
        files.Own(crowd);
        string[] load = ["--rw=randwrite", "--bs=4k", "--iodepth=32"];
        return
        [
            new Contest(
                "N6",
                $"{Connections} connections, all but one idle: 4 KiB random writes, 32 in flight, unix socket",
                [
                    Fio.Network(Alone, settings, empty, load),
                    new Subject(
                        Among,
                        async end =>
                        {
                            await crowd.GatherAsync(end);
                            return (await Fio.Network(Among, settings, crowded, load).RunAsync(end))[0];
                        },
                        crowded.Missing),
                    new Subject(Each, _ => Task.FromResult(crowd.Cost()), crowded.Missing),
                ],
                [new RateRatio(Among, Alone, 0.9), new MemoryCeiling(Each, 20 * 1024)]),
        ];
    }

    /// <summary>The idle clients, which connect before the first measurement and stay connected.</summary>
    private sealed class IdleClients(ServerProcess server) : IDisposable
    {
        private readonly List<NbdDevice> members = [];
        private long bytesEach;

        internal async Task GatherAsync(CancellationToken end)
        {
            if (members.Count > 0)
            {
                return;
            }

            // The first connection pays for compilation and initialization.
            var uri = NbdUri.Parse(server.Uri);
            members.Add(await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = uri }, end));
            var before = server.ResidentBytes;
            for (var index = 0; index < Connections; index++)
            {
                members.Add(await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = uri }, end));
            }

            bytesEach = (server.ResidentBytes - before) / Connections;
        }

        internal Sample Cost() => new()
        {
            Rate = 0,
            BytesPerSecond = 0,
            P50 = 0,
            P99 = 0,
            P999 = 0,
            Errors = 0,
            AllocatedBytes = bytesEach,
        };

        public void Dispose() => members.ForEach(member => member.DisposeAsync().AsTask().GetAwaiter().GetResult());
    }
}
