using DmIo.Io;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

public sealed class ExportLegsTests
{
    private static readonly IoStatus Broken = IoStatus.DeviceError("broken", 5);

    private readonly List<string> lost = [];
    private readonly ExportLegs legs;

    public ExportLegsTests() => legs = new ExportLegs(["a", "b", "c"], (device, _) => lost.Add(device));

    [Fact]
    public void A_device_that_missed_data_is_dropped()
    {
        Assert.True(Resolve(IoStatus.Ok, Broken, IoStatus.Ok).IsOk);

        Assert.Equal(["b"], lost);
        Assert.Equal(["a", "c"], legs.Live);
    }

    [Fact]
    public void A_failure_of_all_is_an_error_with_all_messages_and_none_is_dropped()
    {
        var status = Resolve(Broken, IoStatus.DeviceError("full", 28), Broken);

        Assert.Equal(5, status.Failure!.Errno);
        Assert.Contains("'b'", status.Failure.Message);
        Assert.Contains("full", status.Failure.Message);
        Assert.Empty(lost);
    }

    public static TheoryData<IoStatus> FailedHints => new()
    {
        IoStatus.Failed(IoStatusCode.Unsupported, "no trim"),
        IoStatus.DeviceError("broken", 5),
        IoStatus.Failed(IoStatusCode.DeviceGone, "not sent"),
        IoStatus.Failed(IoStatusCode.DeviceFailed, "attach it again"),
    };

    public static TheoryData<IoStatus> HintsInDoubt => new()
    {
        IoStatus.Failed(IoStatusCode.TimedOut, "late"),
        IoStatus.DeviceError("the connection broke", ConnectionErrors.Reset),
        IoStatus.DeviceError("no such reply", ConnectionErrors.Protocol),
    };

    [Theory]
    [MemberData(nameof(FailedHints))]
    public void A_failed_hint_drops_no_device(IoStatus failed)
    {
        Assert.True(Resolve(isHint: true, IoStatus.Ok, failed, IoStatus.Ok).IsOk);

        Assert.Empty(lost);
    }

    [Theory]
    [MemberData(nameof(HintsInDoubt))]
    public void A_device_whose_hint_has_an_unknown_outcome_is_dropped(IoStatus inDoubt)
    {
        Assert.True(Resolve(isHint: true, IoStatus.Ok, inDoubt, Broken).IsOk);

        Assert.Equal(["b"], lost);
    }

    [Fact]
    public void A_hint_that_all_devices_fail_is_an_error_and_none_is_dropped()
    {
        Assert.False(Resolve(isHint: true, Broken, Broken, Broken).IsOk);

        Assert.Empty(lost);
    }

    [Fact]
    public void The_last_device_is_kept_and_its_error_is_the_answer()
    {
        legs.Drop("a", Broken);
        legs.Drop("b", Broken);
        legs.Drop("c", Broken);

        Assert.Equal(["c"], legs.Live);
        Assert.False(legs.Resolve(["c"], new IoResult([Broken]), isHint: false).IsOk);
    }

    [Fact]
    public void Success_on_a_dropped_device_does_not_count()
    {
        legs.Drop("a", Broken);
        legs.Drop("b", Broken);

        Assert.False(Resolve(IoStatus.Ok, IoStatus.Ok, Broken).IsOk);
        Assert.Equal(["c"], legs.Live);
    }

    [Fact]
    public void Each_loss_is_reported_once()
    {
        Resolve(IoStatus.Ok, Broken, IoStatus.Ok);
        Resolve(IoStatus.Ok, Broken, IoStatus.Ok);

        Assert.Equal(["b"], lost);
    }

    private IoStatus Resolve(params IoStatus[] statuses) => Resolve(isHint: false, statuses);

    private IoStatus Resolve(bool isHint, params IoStatus[] statuses) =>
        legs.Resolve(["a", "b", "c"], new IoResult(statuses), isHint);
}
