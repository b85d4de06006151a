using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>A leg that does not answer, with operations in flight on it.</summary>
public sealed class HungLegTests : VolumeServiceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly VolumeOptions Options = new()
    {
        Name = "v",
        Legs = ["a", "b", "c"],
        LegTimeout = TimeSpan.FromMilliseconds(500),
    };

    private static readonly FaultRule DataWrites = new()
    {
        Filter = OperationFilter.On(IoOperation.Write) with { Start = 2048 },
    };

    private readonly HungDevice hung = new(new MemoryDevice(ByteSize.FromMiB(16)));
    private readonly HungDevice hangingReads = new(
        new MemoryDevice(ByteSize.FromMiB(16)), OperationFilter.On(IoOperation.Read));

    private FaultyDevice failing = null!;

    /// <summary>The volume, which is closed with the system, waits for the devices.</summary>
    public override async Task DisposeAsync()
    {
        hung.Release();
        hangingReads.Release();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_write_in_flight_on_a_leg_that_hangs_succeeds_without_it()
    {
        await using var volume = await OpenAsync(hung);
        await WriteAsync(100, 1);
        hung.Hang();
        await using var client = await Service.OpenAsync(1);
        var data = new byte[4096];

        var result = await client.WriteAsync(new IoRegion("v", 100, 8), data);

        Assert.True(result.IsOk);
        Assert.True(result.BufferHeld);
        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
        Assert.True((await client.WriteAsync(new IoRegion("v", 200, 8), new byte[4096])).IsOk);
        Assert.Equal(0, await ReadAsync(100));
        hung.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    /// <summary>The read of a leg that fails late zeroes the memory.</summary>
    [Fact]
    public async Task A_read_in_flight_on_a_leg_that_hangs_never_returns_what_the_leg_writes_later()
    {
        await using var volume = await OpenAsync(hung);
        await WriteAsync(100, 1);
        hung.Hang();
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];

        var reading = client.ReadAsync(new IoRegion("v", 100, 8), data);
        await UntilAsync(volume, status => status.Legs[0].State == LegState.Absent);
        await Task.WhenAny(reading, Task.Delay(200));
        hung.ReleaseWith(IoStatus.DeviceError("late"));
        var result = await reading;

        Assert.Equal(IoStatusCode.TimedOut, result[0].Code);
        Assert.True(result.BufferHeld);
        Assert.Equal(1, await ReadAsync(100));
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task A_read_in_flight_on_a_leg_that_hangs_ends_although_the_leg_was_lost_before()
    {
        var volume = await OpenAsync(hangingReads);
        var reading = await HangReadAsync();
        failing.Add(DataWrites);

        await WriteAsync(100 + 4096, 2);

        Assert.Equal(IoStatusCode.TimedOut, (await reading.WaitAsync(Limit))[0].Code);
        failing.Heal();
        hangingReads.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task A_read_in_flight_on_a_leg_that_hangs_ends_when_the_leg_is_removed()
    {
        var volume = await OpenAsync(hangingReads);
        var reading = await HangReadAsync();

        await volume.RemoveAsync("a").WaitAsync(Limit);

        Assert.Equal(IoStatusCode.TimedOut, (await reading.WaitAsync(Limit))[0].Code);
        Assert.Equal(1, await ReadAsync(100));
    }

    [Fact]
    public async Task A_leg_that_hangs_is_removed()
    {
        var volume = await OpenAsync(hung);
        hung.Hang();

        await volume.RemoveAsync("a").WaitAsync(Limit);

        Assert.Equal(["b", "c"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
    }

    /// <summary>Its maps are read when it is attached again.</summary>
    [Fact]
    public async Task A_leg_whose_maps_cannot_be_read_because_it_hangs_is_attached_again_when_it_answers()
    {
        var volume = await OpenAsync(hangingReads);
        hangingReads.Hang();
        failing.Add(DataWrites);
        await WriteAsync(100, 2);
        failing.Heal();

        await hangingReads.WhenHungAsync(1).WaitAsync(Limit);
        await Task.Delay(Options.LegTimeout * 4);

        Assert.Equal(1, hangingReads.HungCount);
        var leg = (await volume.GetStatusAsync()).Legs[0];
        Assert.Equal(LegState.Absent, leg.State);
        hangingReads.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task VM8_A_write_that_fails_on_a_leg_whose_superblock_hangs_is_answered_without_the_leg()
    {
        var volume = await OpenAsync(hung);
        await WriteAsync(100, 1);
        failing.Add(DataWrites);
        hung.Hang();

        var writing = WriteAsync(100, 2);
        await hung.WhenHungAsync(1).WaitAsync(Limit);

        // The failure is not answered while the voter of the leg may vote.
        Assert.False(writing.IsCompleted);
        await writing.WaitAsync(Limit);
        Assert.Equal(LegState.Absent, (await volume.GetStatusAsync()).Legs[0].State);
        Assert.Equal(2, await ReadAsync(100));
        failing.Heal();
        hung.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    /// <summary>A device whose flush failed is opened again before its superblock is written, which waits for the
    /// operations in flight.</summary>
    [Fact]
    public async Task VM8_A_flush_that_fails_on_a_leg_with_a_read_that_hangs_is_answered_without_the_leg()
    {
        var volume = await OpenAsync(hangingReads);
        var reading = await HangReadAsync();
        failing.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Flush) });
        await using var client = await Service.OpenAsync(1);

        (await client.FlushAsync("v").WaitAsync(Limit)).ThrowIfFailed();

        Assert.Equal(IoStatusCode.TimedOut, (await reading.WaitAsync(Limit))[0].Code);
        failing.Heal();
        hangingReads.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    /// <summary>The voter of the leg cannot store the record with the witness, and nothing waits for that.</summary>
    [Fact]
    public async Task A_leg_whose_superblock_hangs_stays_in_sync_while_nothing_waits_for_it()
    {
        var volume = await OpenAsync(hung);
        await WriteAsync(100, 1);
        hung.Hang();
        await Service.AttachAsync("w", new MemoryDevice(ByteSize.FromMiB(1)));

        await volume.AddWitnessAsync("w").WaitAsync(Limit);
        await Task.Delay(Options.LegTimeout * 4);

        Assert.True(hung.HungCount > 0);
        Assert.Equal(LegState.InSync, (await volume.GetStatusAsync()).Legs[0].State);
        hung.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task A_volume_opens_without_a_leg_that_hangs_and_takes_it_when_it_answers()
    {
        await (await OpenAsync(hung)).DisposeAsync();
        hung.Hang();

        var volume = await Service.OpenVolumeAsync(Options).WaitAsync(Limit);

        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
        hung.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    private async Task<Volume> OpenAsync(HungDevice device)
    {
        device.Release();
        failing = new FaultyDevice(device, seed: 1);
        await Service.AttachAsync("a", failing);
        await AttachAsync("b", "c");
        await Service.CreateVolumeAsync(Options);
        return await Service.OpenVolumeAsync(Options);
    }

    /// <summary>Begins a read that hangs on the first leg.</summary>
    private async Task<Task<IoResult>> HangReadAsync()
    {
        await WriteAsync(100, 1);
        hangingReads.Hang();
        var client = await Service.OpenAsync(8);
        var reading = client.ReadAsync(new IoRegion("v", 100, 8), new byte[4096]);
        await hangingReads.WhenHungAsync(1).WaitAsync(Limit);
        return reading;
    }
}
