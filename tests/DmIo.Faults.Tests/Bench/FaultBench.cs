using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Bench;

/// <summary>
/// A running service with two devices: <c>faulty</c>, in which the test causes faults, and <c>healthy</c>, its sibling
/// in every request, which must not be affected. Each write uses a new pattern, so that old data is not taken for new.
/// </summary>
internal sealed class FaultBench : IAsyncDisposable
{
    internal const string Faulty = "faulty";
    internal const string Healthy = "healthy";
    private const int WellSectors = 1 << 16;

    private const string Quiet = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        dmio.pool.check = on
        """;

    private readonly ActorSystem system;
    private byte last;

    private FaultBench(ActorSystem system, IoClient client)
    {
        this.system = system;
        Service = DmIoService.For(system);
        Client = client;
    }

    internal DmIoService Service { get; }

    internal IoClient Client { get; }

    internal static async Task<FaultBench> StartAsync(IBlockDevice faulty)
    {
        var started = ActorSystem.Create("faults", ConfigurationFactory.ParseString(Quiet));
        var service = DmIoService.For(started);
        await service.AttachAsync(Healthy, new MemoryDevice(ByteSize.FromSectors(WellSectors))).InTime();
        await service.AttachAsync(Faulty, faulty).InTime();
        return new FaultBench(started, await service.OpenAsync(pages: 256).InTime());
    }

    /// <summary>Starts with a file or disk in this mode as the faulty device.</summary>
    internal static Task<FaultBench> StartAsync(
        string path, ServiceMode mode, bool isDirect = false, ByteSize? createSize = null) =>
        StartAsync(FileDevice.Open(new FileDeviceOptions
        {
            Path = path,
            Mode = mode,
            IsDirect = isDirect,
            CreateSize = createSize,
        }));

    /// <summary>The next pattern.</summary>
    internal byte[] Pattern(int sectors)
    {
        var bytes = new byte[sectors * Sector.SizeBytes];
        Array.Fill(bytes, ++last);
        return bytes;
    }

    /// <summary>Writes to both, and checks the data of the sibling.</summary>
    /// <returns>The status of the faulty device.</returns>
    internal async Task<IoStatus> WriteAsync(Sector start, byte[] data, RequestOptions? options = null)
    {
        var count = new SectorCount(data.Length / Sector.SizeBytes);
        var result = await Client.WriteAsync(Both(start, count), data, options).InTime();
        Assert.True(result[1].IsOk, result.ToString());
        var held = new byte[data.Length];
        Assert.True((await Client.ReadAsync(new IoRegion(Healthy, start, count), held).InTime()).IsOk);
        Assert.Equal(data, held);
        return result[0];
    }

    /// <summary>Writes to both, which must succeed, and reads the faulty device back.</summary>
    internal async Task AssertServesAsync(Sector start, int sectors = 8)
    {
        var data = Pattern(sectors);
        Assert.Equal(IoStatus.Ok, await WriteAsync(start, data));
        var (status, held) = await ReadAsync(start, sectors);
        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal(data, held);
    }

    /// <summary>Reads the faulty device into memory that is filled with other data.</summary>
    internal async Task<(IoStatus Status, byte[] Data)> ReadAsync(Sector start, int sectors)
    {
        var memory = Pattern(sectors);
        var result = await Client.ReadAsync(new IoRegion(Faulty, start, sectors), memory).InTime();
        return (result[0], memory);
    }

    /// <summary>The kinds of extents that the faulty device reports in a range.</summary>
    internal async Task<IReadOnlyList<ExtentKind>> KindsAsync(Sector start, SectorCount count)
    {
        var extents = await Service.GetExtentsAsync(Faulty, start, count).InTime();
        Assert.Equal(count.Value, extents.Sum(extent => extent.Count.Value));
        return [.. extents.Select(extent => extent.Kind).Distinct()];
    }

    /// <summary>Flushes both; the flush of the sibling must succeed.</summary>
    internal async Task<IoStatus> FlushAsync()
    {
        var result = await Client.FlushAsync(Both(0, 0)).InTime();
        Assert.True(result[1].IsOk, result.ToString());
        return result[0];
    }

    /// <summary>Attaches the faulty device again after it was detached.</summary>
    internal Task AttachAsync(string path, ServiceMode mode, bool isDirect = false) => Service.AttachAsync(
        Faulty, FileDevice.Open(new FileDeviceOptions { Path = path, Mode = mode, IsDirect = isDirect })).InTime();

    /// <summary>Waits for the end of all requests, and checks that every page was returned.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().InTime();
        var pool = await Service.GetPoolStatusAsync().InTime();
        await system.Terminate().InTime();
        Assert.Equal(0, pool.Draining);
    }

    private static IoRegion[] Both(Sector start, SectorCount count) =>
        [new IoRegion(Faulty, start, count), new IoRegion(Healthy, start, count)];
}
