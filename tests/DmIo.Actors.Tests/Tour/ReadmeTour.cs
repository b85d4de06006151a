using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Actors.Tests.Tour;

/// <summary>The examples of README.md and src/DmIo.Actors/README.md. Tidy.Tests checks that the documents show this
/// code.</summary>
public sealed class ReadmeTour : TestKit
{
    private readonly string folder = Directory.CreateTempSubdirectory("dmio-tour-").FullName;

    [Fact]
    public async Task The_front_page_writes_two_copies_and_reads_one_back()
    {
        var system = Sys;
        var leftPath = Path.Combine(folder, "left.img");
        var data = Enumerable.Range(0, 4096).Select(index => (byte)(index * 7)).ToArray();
        var found = new byte[4096];

        var service = DmIoService.For(system);
        var file = new FileDeviceOptions { Path = leftPath, CreateSize = ByteSize.FromMiB(4) };
        await service.AttachAsync("left", FileDevice.Open(file));
        await service.AttachAsync("right", new MemoryDevice(ByteSize.FromMiB(4)));
        await using var client = await service.OpenAsync(pages: 64);
        IoRegion[] copies = [new("left", 0, 8), new("right", 128, 8)];
        IoResult written = await client.WriteAsync(copies, data, new RequestOptions { ForceUnitAccess = true });
        foreach (var index in written.Errors)
        {
            Console.WriteLine($"{copies[index]} failed: {written[index]}");
        }

        (await client.ReadAsync(new IoRegion("right", 128, 8), found)).ThrowIfFailed();

        Assert.True(written.IsOk, written.ToString());
        Assert.Equal(data, found);
    }

    [Fact]
    public async Task The_tour_works_as_documented()
    {
        var system = Sys;
        var leftPath = Path.Combine(folder, "left.img");
        var rightPath = Path.Combine(folder, "right.img");
        var data = Enumerable.Range(0, 4096).Select(index => (byte)(index * 7)).ToArray();
        var (header, body) = (new byte[512], new byte[3584]);
        body.AsSpan().Fill(0x5a);
        var finished = new TaskCompletionSource<(ErrorBits Errors, object? Context)>(
            TaskCreationOptions.RunContinuationsAsynchronously);

        var service = DmIoService.For(system);
        var left = new FileDeviceOptions { Path = leftPath, CreateSize = ByteSize.FromMiB(4) };
        await service.AttachAsync("left", FileDevice.Open(left));
        var right = new FileDeviceOptions { Path = rightPath, CreateSize = ByteSize.FromMiB(4) };
        await service.AttachAsync("right", FileDevice.Open(right));
        await service.AttachAsync("cache", new MemoryDevice(ByteSize.FromMiB(4)));

        await using var client = await service.OpenAsync(pages: 64);

        IoRegion[] copies = [new("left", 0, 8), new("right", 128, 8), new("cache", 0, 8)];
        IoResult written = await client.WriteAsync(copies, data, new RequestOptions { ForceUnitAccess = true });
        foreach (var index in written.Errors)
        {
            Console.WriteLine($"{copies[index]} failed: {written[index]}");
        }

        Assert.True(written.IsOk, written.ToString());

        var pages = new PageList(client.Lease.Pages, firstPageOffset: 512);
        IoResult read = await client.ReadAsync(new IoRegion("right", 128, 8), pages);
        read.ThrowIfFailed();

        Assert.Equal(data[..3584], client.Lease.Pages[0].Memory[512..].ToArray());
        Assert.Equal(data[3584..], client.Lease.Pages[1].Memory[..512].ToArray());

        var vector = new BioVector([new BioSegment(header, 0, 512), new BioSegment(body, 0, 3584)]);
        (await client.WriteAsync(new IoRegion("left", 16, 1), vector.Slice(0, 512))).ThrowIfFailed();
        (await client.WriteAsync(new IoRegion("right", 16, 7), vector.Slice(512, 3584))).ThrowIfFailed();

        var portion = new byte[3584];
        Assert.True((await client.ReadAsync(new IoRegion("right", 16, 7), portion)).IsOk);
        Assert.Equal(body, portion);

        client.Flush([new IoRegion("left", 0, 0), new IoRegion("right", 0, 0)]).ThrowIfFailed();
        client.Write(copies, data, (result, context) => finished.TrySetResult((result.Errors, context)), "copy 7");

        Assert.Equal((ErrorBits.None, "copy 7"), await finished.Task);

        var soon = new RequestOptions { Deadline = TimeSpan.FromSeconds(30) };
        IoResult inTime = await client.WriteAsync(copies, data, soon);
        bool mayReuse = !inTime.BufferHeld;
        inTime.ThrowIfFailed();

        Assert.True(mayReuse);
    }

    [Fact]
    public async Task The_actor_that_uses_messages_gets_its_outcome_and_puts_its_lease()
    {
        var service = DmIoService.For(Sys);
        await service.AttachAsync("left", new MemoryDevice(ByteSize.FromKiB(32)));
        await service.AttachAsync("right", new MemoryDevice(ByteSize.FromKiB(32)));

        var actor = Sys.ActorOf(Props.Create(() => new CopyActor(service.Supervisor, new byte[4096], TestActor)));
        Watch(actor);

        var result = ExpectMsg<IoResult>(Patience.Limit);
        Assert.True(result.IsOk, result.ToString());
        Assert.Equal("first", result.Context);
        ExpectTerminated(actor, Patience.Limit);
        Assert.Equal(0, (await service.GetPoolStatusAsync()).Leased);
    }

    [Fact]
    public async Task A_system_can_be_created_with_the_shutdown_phase_of_the_service()
    {
        var config = ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF");

        var system = ActorSystem.Create("app", config.WithFallback(DmIoService.DefaultConfig()));

        Assert.Equal(TimeSpan.FromSeconds(5), CoordinatedShutdown.Get(system).Timeout("dmio-stop"));
        await system.Terminate();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(folder, recursive: true);
    }
}
