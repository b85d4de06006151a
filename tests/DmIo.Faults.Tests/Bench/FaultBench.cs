using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Bench;

/// <summary>
/// A running service with two devices: <c>ill</c>, which the test makes suffer, and <c>well</c>, its sibling in every
/// request, to which nothing may happen. What is written is a pattern of its own each time, so that no old data is
/// taken for new.
/// </summary>
internal sealed class FaultBench : IAsyncDisposable
{
    internal const string Ill = "ill";
    internal const string Well = "well";
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

    internal static async Task<FaultBench> StartAsync(IBlockDevice ill)
    {
        var started = ActorSystem.Create("faults", ConfigurationFactory.ParseString(Quiet));
        var service = DmIoService.For(started);
        await service.AttachAsync(Well, new MemoryDevice(ByteSize.FromSectors(WellSectors))).InTime();
        await service.AttachAsync(Ill, ill).InTime();
        return new FaultBench(started, await service.OpenAsync(pages: 256).InTime());
    }

    /// <summary>With a file or disk, served this way, as the device that suffers.</summary>
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

    /// <summary>Writes to both, and makes sure that the sibling has it.</summary>
    /// <returns>How the write of the suffering one ended.</returns>
    internal async Task<IoStatus> WriteAsync(Sector start, byte[] data, RequestOptions? options = null)
    {
        var count = new SectorCount(data.Length / Sector.SizeBytes);
        var result = await Client.WriteAsync(Both(start, count), data, options).InTime();
        Assert.True(result[1].IsOk, result.ToString());
        var held = new byte[data.Length];
        Assert.True((await Client.ReadAsync(new IoRegion(Well, start, count), held).InTime()).IsOk);
        Assert.Equal(data, held);
        return result[0];
    }

    /// <summary>Writes to both, which must go well, and reads the suffering one back.</summary>
    internal async Task AssertServesAsync(Sector start, int sectors = 8)
    {
        var data = Pattern(sectors);
        Assert.Equal(IoStatus.Ok, await WriteAsync(start, data));
        var (status, held) = await ReadAsync(start, sectors);
        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal(data, held);
    }

    /// <summary>Reads the suffering one into memory that is full of something else.</summary>
    internal async Task<(IoStatus Status, byte[] Data)> ReadAsync(Sector start, int sectors)
    {
        var memory = Pattern(sectors);
        var result = await Client.ReadAsync(new IoRegion(Ill, start, sectors), memory).InTime();
        return (result[0], memory);
    }

    /// <summary>What the suffering one says of a range without reading it: the kinds that occur there.</summary>
    internal async Task<IReadOnlyList<ExtentKind>> KindsAsync(Sector start, SectorCount count)
    {
        var extents = await Service.GetExtentsAsync(Ill, start, count).InTime();
        Assert.Equal(count.Value, extents.Sum(extent => extent.Count.Value));
        return [.. extents.Select(extent => extent.Kind).Distinct()];
    }

    /// <summary>Flushes both; the sibling's must go well.</summary>
    internal async Task<IoStatus> FlushAsync()
    {
        var result = await Client.FlushAsync(Both(0, 0)).InTime();
        Assert.True(result[1].IsOk, result.ToString());
        return result[0];
    }

    /// <summary>Puts the suffering one into service again, after it was detached.</summary>
    internal Task AttachAsync(string path, ServiceMode mode, bool isDirect = false) => Service.AttachAsync(
        Ill, FileDevice.Open(new FileDeviceOptions { Path = path, Mode = mode, IsDirect = isDirect })).InTime();

    /// <summary>The end of all requests, with every page back.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().InTime();
        var pool = await Service.GetPoolStatusAsync().InTime();
        await system.Terminate().InTime();
        Assert.Equal(0, pool.Draining);
    }

    private static IoRegion[] Both(Sector start, SectorCount count) =>
        [new IoRegion(Ill, start, count), new IoRegion(Well, start, count)];
}
