using Akka.Actor;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Freezes of volumes of a real service.</summary>
public sealed class VolumeFreezeTests : VolumeServiceTests
{
    private static readonly VolumeOptions Two = new() { Name = "v", Legs = ["a", "b"] };

    private readonly HungDevice hung = new(new MemoryDevice(ByteSize.FromMiB(16)));

    public override async Task InitializeAsync()
    {
        hung.Release();
        await Service.AttachAsync("a", new MemoryDevice(ByteSize.FromMiB(16)));
        await Service.AttachAsync("b", hung);
    }

    [Fact]
    public async Task Operations_wait_for_the_thaw_and_are_not_lost()
    {
        await using var volume = await OpenAsync();
        await WriteAsync(100, 1);
        Task? write = null, flush = null;
        await volume.FreezeAsync(async (legs, _) =>
        {
            Assert.Equal(["a", "b"], legs);
            (write, flush) = (WriteAsync(100, 2), FlushAsync());
            await Task.Delay(50, CancellationToken.None);
            Assert.False(write.IsCompleted || flush.IsCompleted);
            Assert.Equal((1, 1), (await ReadLegAsync("a", 100), await ReadLegAsync("b", 100)));
        });
        await Task.WhenAll(write!, flush!);
        Assert.Equal((2, 2), (await ReadLegAsync("a", 100), await ReadLegAsync("b", 100)));
    }

    [Fact]
    public async Task The_callback_waits_for_operations_in_flight()
    {
        await using var volume = await OpenAsync();
        await WriteAsync(100, 1);
        hung.Hang();
        var write = WriteAsync(100, 2);
        await hung.WhenHungAsync(1);
        var seen = 0;
        var freeze = volume.FreezeAsync(async (_, _) => seen = await ReadLegAsync("b", 100));
        await Task.Delay(50);
        Assert.Equal((0, false), (seen, write.IsCompleted));
        hung.Release();
        await freeze;
        await write;
        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task The_callback_waits_for_the_flush_of_every_leg()
    {
        await using var volume = await OpenAsync();
        await WriteAsync(100, 1);
        hung.Hang();
        var isCalled = false;
        var freeze = volume.FreezeAsync((_, _) =>
        {
            isCalled = true;
            return Task.CompletedTask;
        });
        await hung.WhenHungAsync(1);
        Assert.False(isCalled);
        hung.Release();
        await freeze;
        Assert.True(isCalled);
    }

    [Fact]
    public async Task A_leg_that_is_not_in_sync_is_not_named()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await Service.AttachAsync("c", faulty);
        await using var volume = await OpenAsync(Two with { Legs = ["a", "b", "c"] });
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(100, 1);
        await volume.FreezeAsync((legs, _) =>
        {
            Assert.Equal(["a", "b"], legs);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_freeze_that_lasts_too_long_thaws()
    {
        await using var volume = await OpenAsync();
        var isCanceled = false;
        var ended = await Assert.ThrowsAsync<VolumeException>(() => volume.FreezeAsync(
            async (_, end) =>
            {
                end.Register(() => Volatile.Write(ref isCanceled, true));
                await new TaskCompletionSource().Task;
            },
            TimeSpan.FromMilliseconds(200)));
        Assert.Equal(
            "The freeze of the volume 'v' lasted longer than 0.2 s. Snapshots of its legs are not valid.",
            ended.Message);
        Assert.True(Volatile.Read(ref isCanceled));
        await WriteAsync(100, 1);
    }

    [Fact]
    public async Task A_freeze_whose_operations_do_not_end_thaws()
    {
        await using var volume = await OpenAsync();
        hung.Hang();
        var write = WriteAsync(100, 2);
        await hung.WhenHungAsync(1);
        var ended = await Assert.ThrowsAsync<VolumeException>(() => volume.FreezeAsync(
            (_, _) => throw new InvalidOperationException("called"), TimeSpan.FromMilliseconds(200)));
        Assert.Contains("operations in flight do not end", ended.Message);
        hung.Release();
        await write;
    }

    [Fact]
    public async Task A_freeze_that_is_canceled_thaws()
    {
        await using var volume = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => volume.FreezeAsync(
            async (_, _) =>
            {
                await cancel.CancelAsync();
                await new TaskCompletionSource().Task;
            },
            cancellation: cancel.Token));
        await WriteAsync(100, 1);
    }

    [Fact]
    public async Task A_fault_of_the_callback_thaws_and_reaches_the_caller()
    {
        await using var volume = await OpenAsync();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => volume.FreezeAsync(
            (_, _) => throw new InvalidOperationException("no space for a snapshot")));
        Assert.Equal("no space for a snapshot", fault.Message);
        await WriteAsync(100, 1);
    }

    [Fact]
    public async Task A_volume_is_frozen_once()
    {
        await using var volume = await OpenAsync();
        await volume.FreezeAsync(async (_, _) =>
        {
            var refused = await Assert.ThrowsAsync<VolumeException>(
                () => volume.FreezeAsync((_, _) => Task.CompletedTask));
            Assert.Contains("is frozen already", refused.Message);
        });
        await volume.FreezeAsync((_, _) => Task.CompletedTask);
    }

    [Fact]
    public async Task A_volume_that_is_closed_while_it_is_frozen_closes_and_operations_end()
    {
        var volume = await OpenAsync();
        Task? write = null, close = null;
        var ended = await Assert.ThrowsAsync<VolumeException>(() => volume.FreezeAsync(async (_, _) =>
        {
            write = WriteAsync(100, 3);
            await Task.Delay(50, CancellationToken.None);
            close = volume.DisposeAsync().AsTask();
            await new TaskCompletionSource().Task;
        }));
        Assert.Contains("was closed while it was frozen", ended.Message);
        await close!;

        // It is refused if it arrived after the close.
        var refused = await Xunit.Record.ExceptionAsync(() => write!);
        Assert.True(refused is null or IoFailedException);
        await using var again = await Service.OpenVolumeAsync(Two);
        Assert.Equal(refused is null ? 3 : 0, await ReadLegAsync("a", 100));
    }

    [Fact]
    public async Task A_freeze_is_not_valid_if_another_writer_took_over_before_the_end_of_the_callback()
    {
        await using var volume = await OpenAsync();
        var record = (await volume.GetStatusAsync()).Record;
        var other = record with
        {
            Version = new RecordVersion(new Epoch(record.Version.Epoch.Round + 1, Guid.NewGuid()), 1),
        };
        var ended = await Assert.ThrowsAsync<VolumeException>(() => volume.FreezeAsync((_, _) =>
        {
            System.ActorSelection("/user/*/*").Tell(
                new ReplicaActor.Ask(ReplicaActor.Lane.Vote, new Accept(other)), ActorRefs.NoSender);
            return Task.CompletedTask;
        }));
        Assert.Contains("Another writer may have taken the volume 'v' over", ended.Message);
    }

    private async Task<Volume> OpenAsync(VolumeOptions? options = null)
    {
        await Service.CreateVolumeAsync(options ?? Two);
        return await Service.OpenVolumeAsync(options ?? Two);
    }

    private async Task FlushAsync()
    {
        await using var client = await Service.OpenAsync(8);
        (await client.FlushAsync("v")).ThrowIfFailed();
    }

    /// <summary>Reads a leg, whose data begins at 1 MiB.</summary>
    private async Task<byte> ReadLegAsync(string leg, long sector)
    {
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        (await client.ReadAsync(new IoRegion(leg, 2048 + sector, 8), data)).ThrowIfFailed();
        return data[0];
    }
}
