using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>What devices report about operations beyond the status (<see cref="TransferResult.Detail"/>).</summary>
public sealed class DeviceDetailTests : ServiceTests
{
    [Fact]
    public void Each_region_has_what_its_device_says_whether_it_failed_or_not()
    {
        AttachQuick("other");
        Attach("good", new TellingDevice(new ManualDevice(64) { Automatic = _ => IoStatus.Ok }, _ => "written"));
        Attach("bad", new TellingDevice(
            new ManualDevice(64) { Automatic = _ => IoStatus.DeviceError("failed") }, _ => "rotten"));
        var lease = Open(pages: 1);

        var result = Do(lease, Write(
            Pattern(8, 1), new IoRegion("other", 0, 8), new IoRegion("good", 0, 8), new IoRegion("bad", 0, 8)));

        Assert.Equal([null, "written", "rotten"], Enumerable.Range(0, 3).Select(result.DetailOf));
        Assert.Equal(4UL, result.Errors.Value);
        Assert.Null(Do(lease, Write(Pattern(8, 1), new IoRegion("other", 0, 8))).DetailOf(0));
    }

    [Fact]
    public async Task Merged_writes_that_are_repeated_have_what_the_device_says_about_the_repetition()
    {
        var device = new ManualDevice(1024, description => description with { MaxSegments = 16 });
        Attach("disk", new TellingDevice(device, status => status.IsOk ? null : "failed"), queueDepth: 1);
        var lease = Open(pages: 3);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 100, 8)));
        var first = await device.NextCallAsync();
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 8, 8)));
        WaitUntilQuiet(lease, "disk");

        first.Complete();
        var merged = await device.NextCallAsync();
        Assert.Equal(16, merged.Count.Value);
        merged.Fail();
        (await device.NextCallAsync()).Complete();
        (await device.NextCallAsync()).Complete();

        for (var i = 0; i < 3; i++)
        {
            var result = ExpectDone();
            Assert.True(result.IsOk);
            Assert.Null(result.DetailOf(0));
        }
    }

    private sealed class TellingDevice(IBlockDevice inner, Func<IoStatus, string?> tell) : DeviceDecorator(inner)
    {
        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
            TellAsync(Inner.SubmitAsync(operation));

        private async ValueTask<TransferResult> TellAsync(ValueTask<TransferResult> call)
        {
            var result = await call;
            return result with { Detail = tell(result.Status) };
        }
    }
}
