using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;
using Xunit;
using static DmIo.Nbd.Server.NbdServerEvents;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Exports with several devices.</summary>
public sealed class MirrorTests
{
    private readonly FaultyDevice[] devices =
        [.. Enumerable.Range(0, 3).Select(seed => new FaultyDevice(ServedDisks.NewMemory(), seed))];

    [Fact]
    public async Task A_write_reaches_all_devices()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        var data = CommandTests.NewData(1 << 20);

        Assert.Equal(NbdError.None, await client.WriteAsync(4096, data));

        using var direct = await served.Service.OpenAsync(256).InTime();
        foreach (var device in new[] { "disk-0", "disk-1", "disk-2" })
        {
            var read = new byte[1 << 20];
            Assert.True((await direct.ReadAsync(new IoRegion(device, 8, 2048), read).InTime()).IsOk);
            Assert.Equal(data, read);
        }
    }

    [Fact]
    public async Task A_failed_device_is_dropped_and_published_before_the_client_is_answered()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        var events = new EventProbe(served.System, typeof(LegLost));
        devices[1].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });

        Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[4096]));

        Assert.Equal("disk-1", Assert.IsType<LegLost>(await events.NextAsync()).Device);
        Assert.Equal(
            ["disk-0", "disk-2"], Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices);
    }

    [Fact]
    public async Task A_failed_read_is_answered_by_the_next_device()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        var data = CommandTests.NewData(4096);
        await client.WriteAsync(0, data);
        devices[0].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Read) });

        Assert.Equal(data, await client.ReadAsync(0, 4096));

        Assert.Equal(
            ["disk-1", "disk-2"], Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices);
    }

    [Fact]
    public async Task Zeroes_and_discards_that_one_device_does_not_support_are_not_offered_and_the_device_is_kept()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            "disk",
            ServedDisks.NewMemory(),
            new LimitedDevice(ServedDisks.NewMemory(), description => description with
            {
                MaxWriteZeroes = default,
                MaxDiscard = default,
                HasFastWriteZeroes = false,
            }));
        using var client = await served.UseAsync();
        Assert.True(client.Flags.HasFlag(TransmissionFlags.Flush));
        Assert.Equal(TransmissionFlags.None, client.Flags & (TransmissionFlags.WriteZeroes | TransmissionFlags.Trim));

        foreach (var command in new[] { NbdCommand.WriteZeroes, NbdCommand.Trim })
        {
            await client.RequestAsync(command, 0, 4096);
            Assert.Equal(NbdError.NotSupported, (await client.SimpleReplyAsync()).Error);
        }

        Assert.Equal(2, Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices.Count);
    }

    [Fact]
    public async Task A_failure_of_all_devices_is_an_error_and_all_are_kept()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync(structured: true);
        Array.ForEach(devices, device => device.Add(
            new FaultRule { Filter = OperationFilter.On(IoOperation.Write), Errno = (int)NbdError.NoSpace }));

        await client.RequestAsync(NbdCommand.Write, 0, 4096, payload: new byte[4096]);
        var (error, text) = await client.ErrorAsync();

        Assert.Equal(NbdError.NoSpace, error);
        Assert.Contains("'disk-2'", text);
        Assert.Equal(3, Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices.Count);
    }

    [Fact]
    public async Task A_flush_reaches_all_devices()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        devices[2].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Flush) });

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush, 0, 0));

        Assert.Equal(2, Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_device_that_fails_a_discard_is_kept(int failing)
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        devices[failing].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Discard) });

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 0, 1 << 20));

        var live = Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices;
        Assert.Equal(["disk-0", "disk-1", "disk-2"], live);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, CommandTests.NewData(4096)));
    }

    [PeerFact("nbdkit")]
    public async Task A_remote_device_that_fails_a_discard_is_kept()
    {
        await using var peer = await NbdPeer.NbdkitAsync("--filter=error", "memory", "64M", "error-trim=EIO");
        await using var served = await ServedDisks.StartAsync();
        var remote = await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = peer.Uri }).InTime();
        await served.AddAsync("disk", ServedDisks.NewMemory(), remote);
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 0, 1 << 20));

        Assert.Equal(
            ["disk-0", "disk-1"], Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices);
    }

    [Fact]
    public async Task A_discard_with_unknown_outcome_cannot_destroy_later_writes()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        devices[1].Add(new FaultRule
        {
            Filter = OperationFilter.On(IoOperation.Discard),
            Errno = ConnectionErrors.Reset,
        });

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 0, 1 << 20));

        Assert.Equal(
            ["disk-0", "disk-2"], Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices);
    }

    [Fact]
    public async Task A_device_that_fails_to_zero_is_dropped()
    {
        await using var served = await ServeAsync();
        using var client = await served.UseAsync();
        devices[1].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.WriteZeroes) });

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, 1 << 20));

        Assert.Equal(
            ["disk-0", "disk-2"], Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).LiveDevices);
    }

    private async Task<ServedDisks> ServeAsync()
    {
        var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", devices);
        return served;
    }
}
