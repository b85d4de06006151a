using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>Regions of one request: the bit of each, and their independence.</summary>
public sealed class RegionTests : ServiceTests
{
    [Fact]
    public async Task R1_each_failed_region_sets_its_own_bit()
    {
        int[] bad = [0, 31, 32, 63];
        var device = Attach("disk", queueDepth: 64);
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), [.. Enumerable.Range(0, 64).Select(index => new IoRegion("disk", index, 1))]));
        for (var index = 0; index < 64; index++)
        {
            var call = await device.NextCallAsync();
            if (bad.Contains((int)call.Start.Value))
            {
                call.Fail();
            }
            else
            {
                call.Complete();
            }
        }

        var result = ExpectDone();

        Assert.Equal(0x8000000180000001UL, result.Errors.Value);
        Assert.All(bad, index => Assert.Equal(IoStatusCode.DeviceError, result[index].Code));
        Assert.All(bad, index => Assert.Equal(5, result[index].Failure!.Errno));
    }

    [Fact]
    public void R2_a_read_of_two_regions_is_refused_with_one_answer()
    {
        var device = AttachQuick("disk");
        var lease = Open(pages: 1);

        var request = Read(new byte[512], new IoRegion("disk", 0, 1), new IoRegion("disk", 1, 1));
        Send(lease, request with { Context = "mine" });

        Assert.Equal("mine", ExpectMsg<IoRefused>().Context);
        AssertUntouched(lease, device);
    }

    [Fact]
    public void R3_invalid_input_is_refused_before_any_device_is_touched()
    {
        var device = AttachQuick("disk");
        var lease = Open(pages: 1);

        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1), new IoRegion("disk", 5, 2)));

        var reason = ExpectMsg<IoRefused>().Reason;
        Assert.Contains("Region 1 (disk@5+2)", reason, StringComparison.Ordinal);
        AssertUntouched(lease, device);
    }

    [Fact]
    public void R4_an_empty_region_is_skipped_with_its_bit_clear()
    {
        var device = AttachQuick("disk");
        var lease = Open(pages: 1);

        var result = Do(lease, Write(Pattern(1, 1), new IoRegion("nowhere", 0, 0), new IoRegion("disk", 1, 1)));

        Assert.True(result.IsOk);
        Assert.Equal(1, Assert.Single(device.Calls).Start.Value);
    }

    [Fact]
    public async Task R4_a_request_of_empty_regions_completes_at_once_while_others_wait()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        var call = await device.NextCallAsync();
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 0, 8)));

        var result = Do(lease, Write([], new IoRegion("disk", 0, 0), new IoRegion("disk", 0, 0)));

        Assert.Equal((0UL, 2), (result.Errors.Value, result.RegionCount));
        call.Complete();
        (await device.NextCallAsync()).Complete();
        ExpectDone();
        ExpectDone();
    }

    [Fact]
    public void R5_every_region_is_written_from_the_beginning_of_the_memory()
    {
        var (first, second) = (AttachQuick("first"), AttachQuick("second"));
        var lease = Open(pages: 1);
        var data = Pattern(4, 1);

        Assert.True(Do(lease, Write(data, new IoRegion("first", 8, 4), new IoRegion("second", 0, 2))).IsOk);

        Assert.Equal(data, first.Bytes(8, 4).ToArray());
        Assert.Equal(data[..1024], second.Bytes(0, 2).ToArray());
        Assert.All(second.Bytes(2, 8).ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task R6_one_failed_region_stops_no_other()
    {
        var (good, bad) = (Attach("good"), Attach("bad"));
        var lease = Open(pages: 1);
        var data = Pattern(2, 1);
        Send(lease, Write(data, new IoRegion("bad", 0, 2), new IoRegion("good", 0, 2), new IoRegion("gone", 0, 2)));
        (await bad.NextCallAsync()).Fail();
        (await good.NextCallAsync()).Complete();

        var result = ExpectDone();

        Assert.Equal(0b101UL, result.Errors.Value);
        Assert.Equal((IoStatusCode.DeviceError, IoStatusCode.DeviceGone), (result[0].Code, result[2].Code));
        Assert.Equal(data, good.Bytes(0, 2).ToArray());
    }

    [Fact]
    public void R8_a_read_from_a_missing_device_leaves_zeroes()
    {
        var lease = Open(pages: 1);
        var memory = Pattern(2, 1);

        var result = Do(lease, Read(memory, new IoRegion("gone", 0, 1)));

        Assert.Equal(IoStatusCode.DeviceGone, result[0].Code);
        Assert.All(memory[..512], value => Assert.Equal(0, value));
        Assert.Equal(Pattern(2, 1)[512..], memory[512..]);
    }

    [Fact]
    public async Task R9_one_answer_is_sent_after_the_last_region()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1), new IoRegion("disk", 1, 1)));
        var (first, second) = (await device.NextCallAsync(), await device.NextCallAsync());
        first.Complete();
        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages);

        second.Complete();

        Assert.True(ExpectDone().IsOk);
        WaitUntilHandled(lease.Requests);
        Assert.False(HasMessages);
    }

    [Fact]
    public void R12_an_unsupported_operation_sets_its_own_bit_and_the_unsupported_one()
    {
        AttachQuick("able");
        AttachQuick(
            "unable", describe: description => description with { MaxDiscard = default, MaxWriteZeroes = default });
        var lease = Open(pages: 1);

        foreach (var operation in (IoOperation[])[IoOperation.Discard, IoOperation.WriteZeroes])
        {
            var result = Do(lease, new IoRequest
            {
                Operation = operation,
                Regions = [new IoRegion("able", 0, 8), new IoRegion("unable", 0, 8)],
            });

            Assert.Equal((0b10UL, 0b10UL), (result.Errors.Value, result.Unsupported.Value));
        }
    }

    [Fact]
    public void R12_a_read_only_device_sets_its_own_bit_only()
    {
        AttachQuick("writable");
        AttachQuick("fixed", describe: description => description with { IsReadOnly = true });
        var lease = Open(pages: 1);

        var result = Do(lease, Write(Pattern(1, 1), new IoRegion("fixed", 0, 1), new IoRegion("writable", 0, 1)));

        Assert.Equal((0b01UL, 0UL), (result.Errors.Value, result.Unsupported.Value));
        Assert.Equal(IoStatusCode.ReadOnly, result[0].Code);
    }

    [Theory]
    [InlineData(1023, 2)]
    [InlineData(1024, 1)]
    [InlineData(long.MaxValue, 1)]
    public void R13_a_range_beyond_the_end_fails_its_region(long start, long count)
    {
        var device = AttachQuick("disk", sectors: 1024);
        var lease = Open(pages: 1);

        var result = Do(lease, Write(Pattern(2, 1), new IoRegion("disk", start, count), new IoRegion("disk", 0, 1)));

        Assert.Equal(0b01UL, result.Errors.Value);
        Assert.Equal(IoStatusCode.OutOfRange, result[0].Code);
        Assert.Equal(0, Assert.Single(device.Calls).Start.Value);
    }

    [Fact]
    public void R13_a_range_of_more_bytes_than_a_long_holds_fails_its_region()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        var result = Do(lease, new IoRequest
        {
            Operation = IoOperation.Discard,
            Regions = [new IoRegion("disk", long.MaxValue, SectorCount.MaxValue)],
        });

        Assert.Equal(IoStatusCode.OutOfRange, result[0].Code);
    }

    private void AssertUntouched(Granted lease, ManualDevice device)
    {
        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages);
        Assert.Empty(device.Calls);
    }
}
