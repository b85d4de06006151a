using Akka.Configuration;
using Akka.TestKit;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Settings;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>Configured devices that cannot be opened or attached when the service starts: <c>on-missing</c>.</summary>
public sealed class MissingDeviceTests : Akka.TestKit.Xunit2.TestKit
{
    private const string ManualTime = """
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"

        """;

    private readonly ScratchFolder folder = new();

    public MissingDeviceTests()
        : base(ManualTime)
    {
    }

    private string DiskPath => folder.PathOf("disk.img");

    [Fact]
    public void A_missing_device_fails_the_start_by_default()
    {
        var error = Assert.Throws<ConfigurationException>(() => Start(""));

        Assert.StartsWith("dmio.devices.disk can't be put into service.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("skip", false)]
    [InlineData("retry", true)]
    public async Task The_service_starts_without_a_device_that_may_be_missing(string policy, bool isRetried)
    {
        var service = Start($"on-missing = {policy}");

        var missing = Assert.Single(service.MissingDevices);
        Assert.Equal(("disk", isRetried), (missing.Name, missing.IsRetried));
        Assert.Contains(DiskPath, missing.Reason, StringComparison.Ordinal);
        Assert.Equal(["other"], (await service.GetDevicesAsync().InTime()).Select(device => device.Name));
    }

    [Fact]
    public async Task A_request_that_names_a_missing_device_gets_DeviceGone_for_that_region()
    {
        var service = Start("on-missing = skip");
        using var client = await service.OpenAsync(pages: 1).InTime();

        var result = await client.WriteAsync([new("other", 0, 1), new("disk", 0, 1)], new byte[512]).InTime();

        Assert.Equal(new ErrorBits(0b10), result.Errors);
        Assert.Equal(IoStatusCode.DeviceGone, result[1].Code);
    }

    [Fact]
    public async Task A_retried_device_is_attached_when_it_can_be_opened()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.DeviceOnline));
        var service = Start("on-missing = retry\nqueue-depth = 7");
        ExpectMsg<ServiceEvents.DeviceOnline>(online => online.Name == "other");

        File.WriteAllBytes(DiskPath, new byte[4096]);
        await TimePassesUntilAsync(() => service.MissingDevices.Count == 0);

        ExpectMsg<ServiceEvents.DeviceOnline>(online => online.Name == "disk", Patience.Limit);
        Assert.Equal(7, (await service.GetDevicesAsync().InTime())[0].QueueDepth.Max);
    }

    [Fact]
    public async Task A_device_is_retried_after_each_failure()
    {
        var service = Start("on-missing = retry");
        Directory.CreateDirectory(DiskPath);
        await TimePassesUntilAsync(
            () => service.MissingDevices[0].Reason.Contains("directory", StringComparison.Ordinal));

        // The file is moved into place in one step, so that no attempt opens it while it is being written.
        var written = folder.PathOf("written.img");
        File.WriteAllBytes(written, new byte[4096]);
        Directory.Delete(DiskPath);
        File.Move(written, DiskPath);
        await TimePassesUntilAsync(() => service.MissingDevices.Count == 0);
    }

    [Fact]
    public async Task A_device_of_that_name_which_the_application_attached_ends_the_retries()
    {
        var service = Start("on-missing = retry");
        await service.AttachAsync("disk", new MemoryDevice(ByteSize.FromSectors(8))).InTime();

        await TimePassesUntilAsync(() => service.MissingDevices.Count == 0);
    }

    [Fact]
    public void A_refused_device_counts_as_missing()
    {
        var service = Start("on-missing = skip", name: "a@b", createSize: 4096);

        Assert.Contains("'@'", Assert.Single(service.MissingDevices).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_value_is_refused()
    {
        var error = Assert.Throws<ConfigurationException>(() => Start("on-missing = often"));

        Assert.Contains("one of: fail, skip, retry", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_end_with_the_system()
    {
        Start("on-missing = retry");

        await Sys.Terminate().InTime();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        folder.Dispose();
    }

    /// <summary>Advances the time repeatedly, since the retrying actor may not have started its timer yet.</summary>
    private Task TimePassesUntilAsync(Func<bool> isReached) => AwaitConditionAsync(
        () =>
        {
            ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(isReached());
        },
        Patience.Limit);

    private DmIoService Start(string setting, string name = "disk", int createSize = 0)
    {
        Sys.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString($$"""
            dmio.devices {
              "{{name}}" {
                backend = file
                path = "{{DiskPath}}"
                create-size = {{createSize}}
                {{setting}}
              }
              other {
                backend = memory
                size = 4KiB
              }
            }
            """));
        return DmIoService.For(Sys);
    }
}
