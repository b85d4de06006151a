using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Misbehaving clients do not leak memory.</summary>
[Collection(Heap.Name)]
public sealed class ServerMemoryTests(ITestOutputHelper output)
{
    private static readonly NbdServerLimits Small = new()
    {
        Handshake = TimeSpan.FromSeconds(3),
        Idle = TimeSpan.FromSeconds(3),
        Receive = TimeSpan.FromSeconds(3),
        Send = TimeSpan.FromSeconds(3),
        OptionSize = ByteSize.FromKiB(8),
        RequestsInFlight = 8,
    };

    [Fact]
    public async Task Many_fuzzing_clients_do_not_grow_the_heap()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases} (times 3)");
        await using var served = await ServedDisks.StartAsync(Small);
        var memory = new MemoryDevice(ByteSize.FromMiB(8));
        await served.AddAsync(new NbdExport { Name = "disk", Device = "disk", Pages = 256 }, memory);

        await RunAsync(served, seed);

        // The disk allocates a MiB at the first write there; on a slow machine, few clients of the first run reach it.
        var before = Heap.Bytes() - memory.Allocated.Bytes;
        await RunAsync(served, seed + FuzzPlan.Cases);
        await RunAsync(served, seed + (2 * FuzzPlan.Cases));

        Heap.AssertNotGrown(before, output.WriteLine, ofTest: memory.Allocated.Bytes);
    }

    private static async Task RunAsync(ServedDisks served, int seed)
    {
        await FuzzPlan.RunAsync(seed, random =>
        {
            var messages = ClientScript.New("disk", 16384 * 512, random);
            Mutation.Apply(messages, random);
            return FuzzingClient.RunAsync(served.SocketPath, Mutation.Fragments(messages, random), random);
        });
        await served.AssertNothingHeldAsync();
    }
}
