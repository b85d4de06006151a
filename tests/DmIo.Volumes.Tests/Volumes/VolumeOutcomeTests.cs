using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>What a real service reports to its callers about the legs of a volume.</summary>
public sealed class VolumeOutcomeTests : VolumeServiceTests
{
    private readonly FaultyDevice faulty = new(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);

    [Fact]
    public async Task A_write_that_is_done_on_all_legs_says_nothing_about_them()
    {
        await using var volume = await OpenAsync();
        Assert.Null(VolumeOutcome.Of(await WriteAsync()));
    }

    [Fact]
    public async Task A_write_says_what_became_of_it_on_each_leg()
    {
        await using var volume = await OpenAsync();
        Fail();
        var result = await WriteAsync();
        Assert.True(result.IsOk);
        var outcome = VolumeOutcome.Of(result);
        Assert.NotNull(outcome);
        Assert.Equal(["a", "b", "c"], outcome.Legs.Select(leg => leg.Device));
        Assert.Equal(
            [LegOutcomeState.Done, LegOutcomeState.Done, LegOutcomeState.Failed],
            outcome.Legs.Select(leg => leg.State));
        Assert.StartsWith("DeviceError", outcome.Legs[2].Cause);
        Assert.True(outcome.IsDegraded);
        Assert.Equal((await volume.GetStatusAsync()).Record.Version, outcome.Record);
    }

    [Fact]
    public async Task A_write_that_an_absent_leg_misses_says_so_and_the_next_one_shares_the_outcome()
    {
        await using var volume = await OpenAsync();
        Fail();
        await WriteAsync();
        var (first, second) = (VolumeOutcome.Of(await WriteAsync()), VolumeOutcome.Of(await WriteAsync()));
        Assert.Equal(LegOutcomeState.Missed, first!.Legs[2].State);
        Assert.Null(first.Legs[2].Cause);
        Assert.Same(first, second);
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Null(VolumeOutcome.Of(await WriteAsync()));
    }

    [Fact]
    public async Task A_write_that_a_leg_has_not_answered_is_late_there()
    {
        var hung = new HungDevice(new MemoryDevice(ByteSize.FromMiB(16)));
        hung.Release();
        await using var volume = await OpenAsync(hung);
        await using var client = await Service.OpenAsync(8);
        await WriteAsync();
        hung.Hang();

        var result = await client.WriteAsync(new IoRegion("v", 100, 8), new byte[4096]);

        hung.Release();
        Assert.True(result is { IsOk: true, BufferHeld: true });
        Assert.Equal(LegOutcomeState.Late, VolumeOutcome.Of(result)!.Legs[2].State);
    }

    [Fact]
    public async Task A_write_that_every_leg_fails_names_each_failure()
    {
        await Service.AttachAsync("a", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        Fail();
        var result = await WriteAsync();
        Assert.Equal(IoStatusCode.DeviceError, result[0].Code);
        Assert.Equal(LegOutcomeState.Failed, Assert.Single(VolumeOutcome.Of(result)!.Legs).State);
    }

    [Fact]
    public async Task Each_region_of_a_request_has_its_own_outcome()
    {
        await using var volume = await OpenAsync();
        await AttachAsync("other");
        Fail();
        await using var client = await Service.OpenAsync(8);
        var result = await client.WriteAsync([new IoRegion("other", 0, 8), new IoRegion("v", 0, 8)], new byte[4096]);
        Assert.Null(VolumeOutcome.Of(result));
        Assert.Equal(LegOutcomeState.Failed, VolumeOutcome.Of(result, 1)!.Legs[2].State);
        Assert.Throws<ArgumentOutOfRangeException>(() => VolumeOutcome.Of(result, 2));
    }

    private async Task<Volume> OpenAsync(IBlockDevice? third = null)
    {
        await AttachAsync("a", "b");
        await Service.AttachAsync("c", third ?? faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"], LegTimeout = TimeSpan.FromSeconds(1) };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(options);
    }

    /// <summary>Writes of data fail on the leg 'c', whose data begins at 1 MiB.</summary>
    private void Fail() => faulty.Add(new FaultRule
    {
        Filter = OperationFilter.On(IoOperation.Write) with { Start = 2048 },
    });

    private async Task<IoResult> WriteAsync()
    {
        await using var client = await Service.OpenAsync(8);
        return await client.WriteAsync(new IoRegion("v", 100, 8), new byte[4096]);
    }
}
