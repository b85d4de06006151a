using Akka.Configuration;
using DmIo.Actors.Configuration;
using DmIo.Actors.Tests.Client;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

/// <summary>The example configurations in hocon/ work as their comments say.</summary>
public sealed class ReadyConfigurationTests
{
    private static readonly byte[] Page = new byte[4096];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "hocon");

    public static TheoryData<string> Files => [.. new DirectoryInfo(Folder).EnumerateFiles().Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_configuration_is_valid(string file) =>
        Assert.Equal(file == "reference.conf", DmIoSettings.Read(Parse(file)).Devices.Count == 0);

    [Fact]
    public async Task Three_files_take_the_same_data()
    {
        using var folder = new ScratchFolder();
        var settings = DmIoSettings.Read(Parse("three-files.conf")).Devices;
        await using var running = new RunningService();
        foreach (var device in settings)
        {
            var moved = device with { Path = folder.PathOf(device.Name) };
            await running.Service.AttachAsync(device.Name, DeviceFactory.Open(moved)).InTime();
        }

        using var client = await running.Service.OpenAsync(1).InTime();
        var regions = settings.Select(device => new IoRegion(device.Name, 0, 8));
        var result = await client.WriteAsync([.. regions], Page).InTime();

        Assert.Equal((3, true), (result.RegionCount, result.IsOk));
    }

    [Fact]
    public async Task Faulty_memory_fails_as_documented()
    {
        await using var running = new RunningService(Text("faulty-memory.conf"));
        using var client = await running.Service.OpenAsync(1).InTime();

        var good = await client.WriteAsync(
            [new("good", 0, 8), new("bad-sectors", 0, 8), new("full", 0, 8)], Page).InTime();
        var bad = await client.WriteAsync(
            [new("good", 2048, 8), new("bad-sectors", 2048, 8), new("full", 2048, 8)], Page).InTime();

        Assert.Equal(new ErrorBits(0b100), good.Errors);
        Assert.Equal(28, good[2].Failure!.Errno);
        Assert.Equal(new ErrorBits(0b110), bad.Errors);
        Assert.Equal(5, bad[1].Failure!.Errno);
        Assert.Equal(IoStatusCode.DeviceError, (await client.FlushAsync("no-flush").InTime())[0].Code);
        Assert.Equal(IoStatusCode.DeviceFailed, (await client.FlushAsync("no-flush").InTime())[0].Code);
    }

    [Fact]
    public async Task Slow_and_stuck_devices_delay_no_others()
    {
        await using var running = new RunningService(Text("slow-and-stuck.conf"));
        using var client = await running.Service.OpenAsync(4).InTime();

        var stuck = client.WriteAsync(new IoRegion("stuck", 0, 8), Page);
        Assert.True((await client.WriteAsync([new("fast", 0, 8), new("slow", 0, 8)], Page).InTime()).IsOk);

        Assert.False(stuck.IsCompleted);
        running.Service.ReleaseStuck("stuck");
        Assert.True((await stuck.InTime()).IsOk);
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Folder, file));

    private static Config Parse(string file) => ConfigurationFactory.ParseString(Text(file));
}
