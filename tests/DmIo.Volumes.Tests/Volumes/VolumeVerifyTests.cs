using Akka.Actor;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>The comparison of the legs of volumes of a real service.</summary>
public sealed class VolumeVerifyTests : VolumeServiceTests
{
    private const long RegionSectors = 128;

    // The data of a leg begins at 1 MiB.
    private const long DataStart = 2048;

    private readonly MemoryDevice[] memories =
        [.. Enumerable.Range(0, 5).Select(_ => new MemoryDevice(ByteSize.FromMiB(8)))];

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task VR7_A_leg_that_rotted_is_found_and_made_equal_again(int legs)
    {
        await using var volume = await OpenAsync(legs);
        await WriteAsync(3 * RegionSectors, 7);
        Write(memories[legs - 1], DataStart + (3 * RegionSectors) + 9, 99);

        var result = await volume.VerifyAsync();

        var difference = Assert.Single(result.Differences);
        Assert.Equal((3 << 16, 1 << 16), (difference.Offset.Bytes, difference.Length.Bytes));
        Assert.Equal([$"leg{legs - 1}"], difference.Legs);
        Assert.True(difference.IsResynchronized);
        Assert.Equal((ByteSize.FromMiB(7), 0L, null), (result.Compared, result.Skipped.Bytes, result.Next));
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        Assert.Equal(ContentOf(memories[0]), ContentOf(memories[legs - 1]));
        Assert.Empty((await volume.VerifyAsync()).Differences);
    }

    [Fact]
    public async Task VR7_A_leg_that_rotted_leaves_the_in_sync_set_with_a_cause()
    {
        await using var volume = await OpenAsync(3);
        Write(memories[2], DataStart, 99);
        using var inbox = Inbox.Create(System);
        System.EventStream.Subscribe(inbox.Receiver, typeof(VolumeChanged));

        await volume.VerifyAsync();

        var changed = (VolumeChanged)inbox.ReceiveWhere(
            message => message is VolumeChanged { Status: var status } && status.Legs[2].State == LegState.Absent,
            TimeSpan.FromSeconds(10));
        Assert.Equal(
            "its data differed from that of most legs in a comparison", changed.Status.Legs[2].Cause);
        Assert.Null((await UntilAsync(volume, VolumeState.Healthy)).Legs[2].Cause);
    }

    [Fact]
    public async Task A_leg_that_rotted_everywhere_is_made_equal_again()
    {
        await using var volume = await OpenAsync(3);
        for (var region = 0; region < 112; region++)
        {
            Write(memories[1], DataStart + (region * RegionSectors), 99);
        }

        var result = await volume.VerifyAsync();

        var difference = Assert.Single(result.Differences);
        Assert.Equal((0, ByteSize.FromMiB(7)), (difference.Offset.Bytes, difference.Length));
        Assert.Equal(ContentOf(memories[0]), ContentOf(memories[1]));
    }

    [Fact]
    public async Task With_two_legs_differences_are_only_reported()
    {
        await using var volume = await OpenAsync(2);
        Write(memories[1], DataStart, 99);
        var before = ContentOf(memories[1]);

        var difference = Assert.Single((await volume.VerifyAsync()).Differences);

        Assert.False(difference.IsResynchronized);
        Assert.Equal(["leg0", "leg1"], difference.Legs);
        Assert.Equal(before, ContentOf(memories[1]));
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
    }

    [Fact]
    public async Task Writes_during_the_comparison_are_no_differences()
    {
        await using var volume = await OpenAsync(3);
        var isStopped = false;
        var users = Enumerable.Range(0, 4)
            .Select(user => WriteUntilAsync(user, () => Volatile.Read(ref isStopped))).ToArray();
        var result = await volume.VerifyAsync();
        Volatile.Write(ref isStopped, true);
        await Task.WhenAll(users);
        Assert.Empty(result.Differences);
        Assert.Equal(ByteSize.FromMiB(7), result.Compared);
    }

    [Fact]
    public async Task A_comparison_that_is_canceled_says_where_to_continue()
    {
        await using var volume = await OpenAsync(3, ByteSize.FromMiB(1));
        using var cancel = new CancellationTokenSource();
        var progress = new CancelAfter(ByteSize.FromKiB(256), cancel);
        var running = volume.VerifyAsync(progress: progress, cancellation: cancel.Token);
        var refused = await Assert.ThrowsAsync<VolumeException>(() => volume.VerifyAsync());
        Assert.Contains("are being compared already", refused.Message);
        var part = await running;
        Assert.InRange(part.Next!.Value.Bytes, 256 << 10, 6 << 20);
        Assert.Equal(part.Next, part.Compared);

        var rest = await volume.VerifyAsync(ByteSize.FromMiB(6));
        Assert.Equal((ByteSize.FromMiB(1), null), (rest.Compared, rest.Next));
    }

    [Fact]
    public async Task A_comparison_ends_when_the_volume_is_closed()
    {
        var volume = await OpenAsync(3, ByteSize.FromKiB(64));
        var running = volume.VerifyAsync();
        await volume.DisposeAsync();
        var ended = await Assert.ThrowsAsync<VolumeException>(() => running);
        Assert.Contains("was closed", ended.Message);
    }

    private async Task<Volume> OpenAsync(int legs, ByteSize maxResync = default)
    {
        var names = Enumerable.Range(0, legs).Select(leg => $"leg{leg}").ToArray();
        foreach (var (index, name) in names.Index())
        {
            await Service.AttachAsync(name, memories[index]);
        }

        var options = new VolumeOptions { Name = "v", Legs = [.. names], MaxResync = maxResync };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(options);
    }

    private async Task WriteUntilAsync(int user, Func<bool> isStopped)
    {
        await using var client = await Service.OpenAsync(8);
        var random = new Random(user);
        var data = new byte[4096];
        while (!isStopped())
        {
            random.NextBytes(data);
            var block = (random.Next(1792 / 4) * 4) + user;
            (await client.WriteAsync(new IoRegion("v", block * 8, 8), data)).ThrowIfFailed();
        }
    }

    private static void Write(MemoryDevice memory, long sector, byte value)
    {
        var bytes = new byte[512];
        Array.Fill(bytes, value);
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memory.WriteAsync(sector, batch, forceUnitAccess: false).AsTask().Result.Status.IsOk);
    }

    private static byte[] ContentOf(MemoryDevice memory)
    {
        var bytes = new byte[7 << 20];
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memory.ReadAsync(DataStart, batch).AsTask().Result.Status.IsOk);
        return bytes;
    }

    /// <summary>Cancels when a comparison has come so far. Called by the comparison itself, unlike
    /// <see cref="Progress{T}"/>.</summary>
    private sealed class CancelAfter(ByteSize size, CancellationTokenSource cancel) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value)
        {
            if (value.Next >= size)
            {
                cancel.Cancel();
            }
        }
    }
}
