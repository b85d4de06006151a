using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes of a real service.</summary>
public sealed class VolumeTests(ITestOutputHelper output) : VolumeServiceTests
{
    [Fact]
    public async Task A_volume_keeps_its_data_over_close_and_open()
    {
        await AttachAsync("a", "b", "c");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 7);
        await volume.DisposeAsync();
        await using var again = await Service.OpenVolumeAsync(options);
        output.WriteLine((await again.GetStatusAsync()).ToString());
        Assert.Equal(7, await ReadAsync(100));
        Assert.Equal(VolumeState.Healthy, (await again.GetStatusAsync()).State);
    }

    [Fact]
    public async Task A_volume_serves_without_a_leg_and_copies_what_the_leg_missed()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await AttachAsync("a", "b");
        await Service.AttachAsync("c", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 1);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(100, 2);
        output.WriteLine((await volume.GetStatusAsync()).ToString());
        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(2, await ReadAsync(100));
    }

    [Fact]
    public async Task A_volume_that_lost_every_leg_serves_again_when_one_returns()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await Service.AttachAsync("a", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 1);
        faulty.Add(new FaultRule { Code = IoStatusCode.DeviceGone });
        var waiting = WriteAsync(100, 2);
        await UntilAsync(volume, VolumeState.Suspended);
        Assert.False(waiting.IsCompleted);
        faulty.Heal();
        await waiting;
        Assert.Equal(2, await ReadAsync(100));
    }

    [Fact]
    public async Task A_leg_that_missed_writes_never_serves_alone()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await AttachAsync("a", "b");
        await Service.AttachAsync("c", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(100, 2);
        await volume.DisposeAsync();
        faulty.Heal();
        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(
            options with { Legs = ["c"], OpenTimeout = TimeSpan.FromSeconds(3) }));
        output.WriteLine(refused.Message);
        await using var degraded = await Service.OpenVolumeAsync(options with { Legs = ["b", "c"] });
        Assert.Equal(2, await ReadAsync(100));
        await UntilAsync(degraded, VolumeState.Degraded);
    }

    [Fact]
    public async Task A_volume_is_opened_once()
    {
        await AttachAsync("a", "b");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        await using (await Service.OpenVolumeAsync(options))
        {
            var refused = await Assert.ThrowsAsync<VolumeException>(
                () => Service.OpenVolumeAsync(options with { Name = "w" }));
            Assert.Contains("which is open", refused.Message);
        }

        await using var again = await Service.OpenVolumeAsync(options with { Name = "w" });
    }

    [Fact]
    public async Task A_leg_that_cannot_be_fenced_is_refused_unless_it_is_allowed()
    {
        await AttachAsync("a");
        await Service.AttachAsync("b", new LimitedDevice(
            new MemoryDevice(ByteSize.FromMiB(16)), description => description with { IsExclusive = false }));
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.CreateVolumeAsync(options));
        Assert.Contains("'b' (memory) cannot be fenced", refused.Message);
        options = options with { AllowUnfenced = true };
        await Service.CreateVolumeAsync(options);
        await Assert.ThrowsAsync<VolumeException>(
            () => Service.OpenVolumeAsync(options with { AllowUnfenced = false }));
        await using var volume = await Service.OpenVolumeAsync(options);
    }

    [Fact]
    public async Task A_leg_that_cannot_read_a_sector_is_repaired()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await using var volume = await OpenWrittenAsync(faulty);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Read), MaxCount = 1 });
        Assert.Equal(7, await ReadAsync(100));
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(1, (await volume.GetStatusAsync()).Legs[0].CorrectedReads);
    }

    [Fact]
    public async Task A_leg_that_cannot_read_a_sector_after_its_repair_leaves_the_in_sync_set()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await using var volume = await OpenWrittenAsync(faulty);

        // The data begins at 1 MiB. The first write is the repair; the copy when the leg returns fails.
        var data = new OperationFilter { Start = 2048 };
        faulty.Add(new FaultRule { Filter = data with { Operations = [IoOperation.Read] } });
        faulty.Add(new FaultRule { Filter = data with { Operations = [IoOperation.Write] }, After = 1 });
        Assert.Equal(7, await ReadAsync(100));

        var status = await UntilAsync(volume, status => status.Legs[0].Cause is not null);
        Assert.Contains("failed read after a repair: DeviceError", status.Legs[0].Cause);
        Assert.Equal(1, status.Legs[0].CorrectedReads);
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task VR8_A_leg_that_fails_a_discard_is_made_equal_again()
    {
        var memories = Enumerable.Range(0, 2).Select(_ => new MemoryDevice(ByteSize.FromMiB(16))).ToArray();
        var faulty = new FaultyDevice(memories[1], seed: 1);
        await Service.AttachAsync("a", memories[0]);
        await Service.AttachAsync("b", faulty);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await using var client = await Service.OpenAsync(8);
        await WriteAsync(100, 7);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.WriteZeroes), MaxCount = 1 });
        (await client.DiscardAsync(new IoRegion("v", 100, 8))).ThrowIfFailed();
        Assert.Equal(0, await ReadAsync(100));
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(ContentOf(memories[0]), ContentOf(memories[1]));
    }

    [Fact]
    public async Task A_volume_reports_the_extents_of_its_legs()
    {
        await AttachAsync("a", "b");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        var before = await Service.GetExtentsAsync("v", 0, 20000);
        Assert.All(before, extent => Assert.NotEqual(ExtentKind.Data, extent.Kind));
        await WriteAsync(8192, 7);
        var at = 0L;
        foreach (var extent in await Service.GetExtentsAsync("v", 0, 20000))
        {
            Assert.Equal(at <= 8192 && 8192 < at + extent.Count.Value, extent.Kind == ExtentKind.Data);
            at += extent.Count.Value;
        }
    }

    [Fact]
    public async Task A_slow_leg_serves_no_reads_and_stays_in_sync()
    {
        await AttachAsync("b");
        var slow = new HungDevice(new MemoryDevice(ByteSize.FromMiB(16)));
        slow.Release();
        await Service.AttachAsync("a", slow);
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 1);
        slow.Hang();
        var inFlight = WriteAsync(100, 2);
        await UntilAsync(volume, status => status.Legs[0].State == LegState.Slow);
        Assert.Equal(0, await ReadAsync(200));
        slow.Release();
        await inFlight;
        await UntilAsync(volume, status => status.Legs[0].State == LegState.InSync);
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
    }

    [Fact]
    public async Task Legs_are_equal_after_faults_and_no_acknowledged_write_is_lost()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var memories = Enumerable.Range(0, 3).Select(_ => new MemoryDevice(ByteSize.FromMiB(16))).ToArray();
        var legs = memories.Select(memory => new FaultyDevice(memory, seed)).ToArray();
        for (var i = 0; i < legs.Length; i++)
        {
            await Service.AttachAsync($"leg{i}", legs[i]);
        }

        var options = new VolumeOptions { Name = "v", Legs = ["leg0", "leg1", "leg2"] };
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        var isStopped = false;
        var users = Enumerable.Range(0, 8)
            .Select(user => UseAsync(user, new Random(seed + user), () => Volatile.Read(ref isStopped))).ToArray();
        for (var round = 0; round < 6; round++)
        {
            var bad = legs[random.Next(legs.Length)];
            bad.Add(new FaultRule { Probability = 0.5 });
            await Task.Delay(random.Next(300));
            bad.Heal();
            await UntilAsync(volume, VolumeState.Healthy);
        }

        Volatile.Write(ref isStopped, true);
        var writes = await Task.WhenAll(users);
        output.WriteLine($"{writes.Sum()} writes");
        await volume.DisposeAsync();
        var contents = memories.Select(ContentOf).ToArray();
        Assert.Equal(contents[0], contents[1]);
        Assert.Equal(contents[0], contents[2]);
    }

    /// <summary>Opens a volume of a leg <c>a</c> with faults and a healthy one, with 7 in sector 100.</summary>
    private async Task<Volume> OpenWrittenAsync(FaultyDevice faulty)
    {
        await Service.AttachAsync("a", faulty);
        await AttachAsync("b");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 7);
        return volume;
    }

    /// <summary>Writes and reads blocks that no other user touches.</summary>
    private async Task<int> UseAsync(int user, Random random, Func<bool> isStopped)
    {
        await using var client = await Service.OpenAsync(8);
        var (versions, writes) = (new byte[64], 0);
        while (!isStopped())
        {
            var block = random.Next(versions.Length);
            var region = new IoRegion("v", (user * 1000) + (block * 8), 8);
            var data = new byte[4096];
            if (random.Next(4) == 0)
            {
                (await client.ReadAsync(region, data)).ThrowIfFailed();
                Assert.All(data, value => Assert.Equal(versions[block], value));
            }
            else
            {
                Array.Fill(data, ++versions[block]);
                (await client.WriteAsync(region, data)).ThrowIfFailed();
                writes++;
            }
        }

        return writes;
    }

    private static byte[] ContentOf(MemoryDevice memory)
    {
        // The data begins at 1 MiB.
        var bytes = new byte[15 << 20];
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memory.ReadAsync(2048, batch).AsTask().Result.Status.IsOk);
        return bytes;
    }

}
