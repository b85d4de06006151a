using System.Security.Cryptography.X509Certificates;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Misbehaving servers with the NBD device. Every operation ends within its time limit, with success or a
/// status that names the cause; memory is written only inside the request, and never after its end or the end of
/// what it holds (<see cref="TransferResult.Held"/>), which is at the latest when the device is closed; nothing hangs,
/// no connection leaks, and a device of another server is not affected.</summary>
public sealed class ClientFuzzTests(ITestOutputHelper output)
{
    private const byte Untouched = 0xc3;

    private const int Margin = 512;

    [Theory]
    [InlineData(8, false)]
    [InlineData(60, false)]
    [InlineData(30, true)]
    public async Task No_server_input_hangs_operations_or_corrupts_memory(int oneIn, bool isTls)
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        await using var served = await ServedDisks.WithDiskAsync();
        await using var other = await ConcurrentClient.ConnectAsync(
            served.Server.UrisOf("disk")[0], ownsData: true);

        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        var tls = authority.ServeAs(NbdTlsMode.Required);
        using var certificate = X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile);

        await FuzzPlan.RunAsync(seed, random => isTls
            ? RunAsync(random, oneIn, certificate, authority.AuthorityFile)
            : RunAsync(random, oneIn));

        Assert.True(await other.DisconnectAsync() > 0);
    }

    private static async Task RunAsync(
        Random random, int oneIn, X509Certificate2? certificate = null, string? authorityFile = null)
    {
        await using var server = new FuzzingServer(random, oneIn, certificate);
        var isAttached = random.Next(2) == 0;
        var operations = new List<Task<EndedRead?>>();
        if (await OpenAsync(server, random, authorityFile) is { } device)
        {
            var used = isAttached ? (IBlockDevice)new PolledDevice(device) : device;
            for (var count = random.Next(4, 24); count > 0; count--)
            {
                operations.Add(OperateAsync(used, random));
                if (random.Next(3) == 0)
                {
                    await operations[^1];
                }
            }

            var reads = (await Task.WhenAll(operations).InTime()).OfType<EndedRead>().ToList();
            await used.DisposeAsync().InTime();
            Assert.All(reads, read => Assert.True(read.Held.IsCompleted));
            Assert.All(reads, read => Assert.Equal(read.Copy ?? read.Memory, read.Memory));
        }

        using var limit = new CancellationTokenSource(Patience.Limit);
        while (server.Connections > 0 && !limit.IsCancellationRequested)
        {
            await Task.Yield();
        }

        Assert.Equal(0, server.Connections);
    }

    private static async Task<NbdDevice?> OpenAsync(FuzzingServer server, Random random, string? authorityFile)
    {
        try
        {
            return await NbdDevice.OpenAsync(new NbdDeviceOptions
            {
                Uri = server.Uri,
                AuthorityFile = authorityFile,
                Connections = random.Next(1, 4),
                ConnectTimeout = TimeSpan.FromMilliseconds(500),
                RequestTimeout = TimeSpan.FromMilliseconds(300),
                ReconnectWait = TimeSpan.FromMilliseconds(random.Next(2) * 100),
                ReadRetries = random.Next(3),
                WriteRetries = random.Next(2),
                MinReconnectPause = TimeSpan.FromMilliseconds(1),
                MaxReconnectPause = TimeSpan.FromMilliseconds(20),
            }).InTime();
        }
        catch (DeviceOpenException refused)
        {
            Assert.NotEmpty(refused.Message);
            return null;
        }
    }

    /// <summary>Runs one operation to its end.</summary>
    private static async Task<EndedRead?> OperateAsync(IBlockDevice device, Random random)
    {
        var sectors = Math.Min(random.Next(4) == 0 ? 256 : random.Next(1, 32),
            device.Description.Capacity.Sectors.Value);
        var start = random.NextInt64(device.Description.Capacity.Sectors.Value - sectors + 1);
        switch (random.Next(6))
        {
            case 0:
                Check(await device.FlushAsync().InTime());
                return null;
            case 1:
                Check((await device.WriteAsync(start, Bytes.Batch(new byte[sectors * 512]), random.Next(2) == 0)
                    .InTime()).Status);
                return null;
            case 2 when device.Description.MaxWriteZeroes.Sectors.Value > 0:
                Check(await device.WriteZeroesAsync(start, sectors, WriteZeroesFlags.None).InTime());
                return null;
            case 3 when device.Description.MaxDiscard.Sectors.Value > 0:
                Check(await device.DiscardAsync(start, sectors).InTime());
                return null;
            default:
                return await ReadAsync(device, start, (int)sectors * 512);
        }
    }

    private static async Task<EndedRead> ReadAsync(IBlockDevice device, Sector start, int length)
    {
        var memory = Bytes.Filled(length + (2 * Margin), Untouched);
        var cut = length / 3;
        var result = await device.ReadAsync(start, Bytes.Batch(
            memory.AsMemory(Margin, cut), memory.AsMemory(Margin + cut, length - cut))).InTime();
        Check(result.Status);
        Assert.Equal(-1, memory.AsSpan(0, Margin).IndexOfAnyExcept(Untouched));
        Assert.Equal(-1, memory.AsSpan(Margin + length).IndexOfAnyExcept(Untouched));
        var held = result.Held ?? Task.CompletedTask;
        return new EndedRead(memory, held.IsCompleted ? (byte[])memory.Clone() : null, held);
    }

    private static void Check(IoStatus status)
    {
        Assert.True(status.IsOk || !string.IsNullOrEmpty(status.Failure?.Message), $"{status.Code} has no message.");
    }

    /// <summary>A read that was answered.</summary>
    /// <param name="Memory">Its memory.</param>
    /// <param name="Copy">What the memory held at the answer; null: the device still used it.</param>
    /// <param name="Held">Until this ends, the device uses the memory.</param>
    private sealed record EndedRead(byte[] Memory, byte[]? Copy, Task Held);
}
