using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Copies to legs that return.</summary>
public sealed class SynchronizationTests : VolumeServiceTests
{
    private static readonly VolumeOptions Three = new() { Name = "v", Legs = ["a", "b", "c"] };

    private readonly WatchedDevice source = new(new MemoryDevice(ByteSize.FromMiB(16)));
    private readonly FaultyDevice faulty;
    private readonly WatchedDevice target = new(new MemoryDevice(ByteSize.FromMiB(16)));

    public SynchronizationTests() => faulty = new FaultyDevice(target, seed: 1);

    /// <summary>The copy was read before the leg was lost; the leg has returned and was written since.</summary>
    [Fact]
    public async Task A_copy_whose_source_answers_late_does_not_overwrite_a_leg_that_was_lost_and_returned()
    {
        await using var volume = await OpenAsync(Three with { LegTimeout = TimeSpan.FromMinutes(1) });
        await WriteAsync(1);
        await LoseAsync(volume, () => WriteAsync(2));
        source.HoldRead();
        faulty.Heal();
        await source.Held;
        await LoseAsync(volume, () => WriteAsync(5000, 2));
        faulty.Heal();
        await UntilAsync(volume, status => status.Legs[2].State == LegState.InSync);
        var write = WriteAsync(3);
        await Task.Delay(200);
        source.Release();
        await write;
        await Task.Delay(200);
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Empty((await volume.VerifyAsync()).Differences);
    }

    /// <summary>The active bit of the extent says that all of it may differ.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_leg_that_is_compared_first_gets_only_what_differs(bool compares)
    {
        await using var volume = await OpenAsync(Three with { ComparesResync = compares });
        await WriteAsync(1);
        await LoseAsync(volume, () => WriteAsync(2));
        var before = target.Written;
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        var written = target.Written - before;
        Assert.True(written > 0, "the region that differs is written");
        Assert.Equal(compares, written <= 256 << 10);
        Assert.Empty((await volume.VerifyAsync()).Differences);
    }

    private async Task<Volume> OpenAsync(VolumeOptions options)
    {
        await Service.AttachAsync("a", source);
        await AttachAsync("b");
        await Service.AttachAsync("c", faulty);
        await Service.CreateVolumeAsync(options);
        var volume = await Service.OpenVolumeAsync(options);
        await UntilAsync(volume, VolumeState.Healthy);
        return volume;
    }

    private async Task LoseAsync(Volume volume, Func<Task> write)
    {
        faulty.Add(new FaultRule());
        await write();
        await UntilAsync(volume, status => status.Legs[2].State == LegState.Absent);
    }

    /// <summary>A device that counts the bytes that are written to the data of the leg, and answers a read of them
    /// late.</summary>
    private sealed class WatchedDevice(IBlockDevice inner) : DeviceDecorator(inner)
    {
        private const int DataStart = 2048;

        private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long written;
        private int holds;

        internal Task Held => held.Task;

        internal long Written => Interlocked.Read(ref written);

        internal void HoldRead() => Volatile.Write(ref holds, 1);

        internal void Release() => released.SetResult();

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
        {
            var isData = operation.Start.Value >= DataStart;
            if (isData && operation.Kind == IoOperation.Write)
            {
                Interlocked.Add(ref written, operation.Count.Value * Sector.SizeBytes);
            }

            var done = base.SubmitAsync(operation);
            if (isData && operation.Kind == IoOperation.Read && Interlocked.Exchange(ref holds, 0) == 1)
            {
                held.SetResult();
                return HoldAsync(done);
            }

            return done;
        }

        private async ValueTask<TransferResult> HoldAsync(ValueTask<TransferResult> done)
        {
            await released.Task;
            return await done;
        }
    }
}
