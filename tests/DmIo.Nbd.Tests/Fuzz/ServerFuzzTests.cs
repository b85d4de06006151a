using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using DmIo.Nbd.Tests.Server;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Mutated transcripts with the NBD server: it sends only valid messages, answers all requests, leaks no page,
/// and other clients are not affected.</summary>
public sealed class ServerFuzzTests(ITestOutputHelper output)
{
    private const int SmallDiskBytes = 2 << 20;

    /// <summary>Small, so that silent clients are closed soon, and memory and in-flight limits are often
    /// reached.</summary>
    private static readonly NbdServerLimits Small = new()
    {
        Handshake = TimeSpan.FromSeconds(3),
        Idle = TimeSpan.FromSeconds(3),
        Receive = TimeSpan.FromSeconds(5),
        Send = TimeSpan.FromSeconds(5),
        OptionSize = ByteSize.FromKiB(8),
        RequestsInFlight = 8,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_input_affects_other_clients_or_leaks_memory(bool isTls)
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        await using var served = await ServedDisks.StartAsync(
            Small, tls: isTls ? authority.ServeAs(NbdTlsMode.Offered) : null);
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = 256 }, new MemoryDevice(ByteSize.FromMiB(8)));
        await served.AddAsync("quiet", new MemoryDevice(ByteSize.FromMiB(8)));
        var place = served.SocketPath;
        var trusted = isTls ? authority.AuthorityFile : null;
        await using var separate = await ConcurrentClient.ConnectAsync(
            served.Server.UrisOf("quiet")[1], ownsData: true, trusted);
        await using var sharing = await ConcurrentClient.ConnectAsync(
            served.Server.UrisOf("disk")[0], ownsData: false, trusted);

        await FuzzPlan.RunAsync(seed, random =>
        {
            var messages = ClientScript.New("disk", 16384 * 512, random);
            messages = isTls ? messages[1..] : messages;
            Mutation.Apply(messages, random);
            return FuzzingClient.RunAsync(
                place, Mutation.Fragments(messages, random), random, isTls ? authority.ClientOptions() : null);
        });

        Assert.True(await separate.DisconnectAsync() > 0 && await sharing.DisconnectAsync() > 0);
        await served.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_request_gets_the_specified_reply_and_the_right_data(bool structured, bool isTls)
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        await using var served = await ServedDisks.StartAsync(
            new NbdServerLimits { RequestsInFlight = 8 },
            tls: isTls ? authority.ServeAs(NbdTlsMode.Required) : null);
        var devices = 0;

        await FuzzPlan.RunAsync(seed, async random =>
        {
            var name = $"disk{Interlocked.Increment(ref devices)}";
            await served.AddAsync(
                new NbdExport { Name = name, Device = name, Pages = 64 },
                    new MemoryDevice(ByteSize.FromBytes(SmallDiskBytes)));
            using (var client = await RawClient.UseAsync(
                served.SocketPath, name, structured, isTls ? authority.ClientOptions() : null))
            {
                await AskAsync(client, structured, random);
            }

            await served.RemoveAsync(name);
        });

        await served.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Simple_replies_of_many_requests_are_not_interleaved(bool isTls)
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        await using var served = await ServedDisks.StartAsync(
            new NbdServerLimits { RequestsInFlight = 8 },
            tls: isTls ? authority.ServeAs(NbdTlsMode.Required) : null);
        var devices = 0;

        await FuzzPlan.RunAsync(seed, async random =>
        {
            var name = $"disk{Interlocked.Increment(ref devices)}";
            var mode = DiskModes.Supported[random.Next(DiskModes.Supported.Count)];
            await served.AddAsync(
                new NbdExport { Name = name, Device = name, Pages = 64 },
                DiskModes.Open(mode, served.Home, name, SmallDiskBytes / Sector.SizeBytes));
            using (var client = await RawClient.UseAsync(
                served.SocketPath, name, tls: isTls ? authority.ClientOptions() : null))
            {
                var oracle = new RequestOracle(SmallDiskBytes, client.MinimumBlock, structured: false);
                await RequestBatches.AskAsync(client, oracle, random);
            }

            await served.RemoveAsync(name);
        });

        await served.AssertNothingHeldAsync();
    }

    private static async Task AskAsync(RawClient client, bool structured, Random random)
    {
        var oracle = new RequestOracle(SmallDiskBytes, client.MinimumBlock, structured);
        for (var count = 0; count < 25; count++)
        {
            var request = oracle.Next(random);
            var payload = new byte[request.PayloadBytes];
            random.NextBytes(payload);
            await client.SendAsync(request);
            await client.SendAsync(payload);
            var (error, data) = await client.AnswerAsync(request);

            Assert.True(oracle.Allowed(request).Contains(error), $"{request} was answered with {error}.");
            if (error == NbdError.None)
            {
                var wrong = oracle.FirstWrong(request, data);
                Assert.True(wrong < 0, $"{request}: byte {wrong} is wrong.");
                oracle.Done(request, payload);
            }
        }
    }
}
