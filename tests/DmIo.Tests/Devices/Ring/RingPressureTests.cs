using DmIo.Devices;
using DmIo.Io;
using DmIo.Tests.Devices.Decorators;
using Xunit;

namespace DmIo.Tests.Devices.Ring;

/// <summary>What the kernel has no room or memory for comes again; what went wrong for good is said.</summary>
public sealed class RingPressureTests : IDisposable
{
    private const int TryAgain = 11;
    private const int NoMemory = 12;
    private const int Busy = 16;
    private const int Interrupted = 4;
    private const int Canceled = 125;
    private const int NotSupported = 95;

    private readonly ManualTime time = new();
    private RingFile? file;

    private RingFile Disk => file ??= new RingFile();

    public void Dispose() => file?.Dispose();

    [RingTheory]
    [InlineData(TryAgain)]
    [InlineData(Busy)]
    [InlineData(NoMemory)]
    public async Task A_call_that_the_kernel_has_no_room_for_is_made_again_after_a_pause(int errno)
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(errno);
        var reads = Enumerable.Range(0, 20)
            .Select(index => ring.Engine.ReadAsync(index, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        ring.Engine.Drive();
        Assert.Equal((0, 1), (ring.Wakes, ring.Engine.Counters.Enters));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, ring.Wakes);
        ring.DriveUntilDone(Task.WhenAll(reads));
        Assert.All(reads, read => Assert.Equal(TransferResult.Moved(1), read.Result));
    }

    [RingFact]
    public async Task A_call_that_a_signal_interrupted_is_made_again_at_once()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(Interrupted);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
    }

    [RingFact]
    public async Task A_call_that_fails_for_good_fails_what_it_was_to_submit_and_lets_the_memory_go()
    {
        var kernel = RefusingRing.Open(2);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(5);
        var reads = Enumerable.Range(0, 3)
            .Select(index => ring.Engine.ReadAsync(index, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        ring.DriveUntilDone(Task.WhenAll(reads));
        Assert.Equal([5, 5, 0], reads.Select(read => read.Result.Status.Failure?.Errno ?? 0).OrderDescending());
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
    }

    [RingTheory]
    [InlineData(TryAgain)]
    [InlineData(NoMemory)]
    public async Task An_operation_that_the_kernel_has_no_memory_for_comes_again_after_a_pause(int errno)
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        for (var count = 0; count < 10; count++)
        {
            kernel.Failures.Enqueue(errno);
        }

        var read = new byte[512];
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask();
        for (var tries = 1; tries <= 10; tries++)
        {
            DriveUntil(ring, () => ring.Engine.Counters.Retries == tries);
            time.Advance(TimeSpan.FromMilliseconds(64));
        }

        ring.DriveUntilDone(task);
        Assert.Equal(TransferResult.Moved(512), await task);
        Assert.Equal(Disk.Content[..512], read);
    }

    [RingFact]
    public async Task An_operation_that_the_kernel_never_has_memory_for_fails_in_the_end_with_that_errno()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[512])).AsTask();
        for (var tries = 1; tries <= RingPump.MaxTries; tries++)
        {
            kernel.Failures.Enqueue(NoMemory);
            DriveUntil(ring, () => ring.Engine.Counters.Retries == tries);
            time.Advance(TimeSpan.FromMilliseconds(64));
        }

        kernel.Failures.Enqueue(NoMemory);
        ring.DriveUntilDone(task);
        var status = (await task).Status;
        Assert.Equal((IoStatusCode.DeviceError, NoMemory), (status.Code, status.Failure!.Errno));
    }

    [RingTheory]
    [InlineData(Interrupted)]
    [InlineData(Canceled)]
    public async Task An_operation_that_was_interrupted_is_issued_again(int errno)
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        kernel.Failures.Enqueue(errno);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
        Assert.Equal((1, 2), (ring.Engine.Counters.Retries, ring.Engine.Counters.Submitted(RingOpcode.Read)));
    }

    [RingFact]
    public async Task A_durable_write_that_the_kernel_does_not_know_is_made_durable_by_the_store()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(Disk.Store, time: time, ring: kernel);
        kernel.Failures.Enqueue(NotSupported);
        var written = Bytes.Filled(1024, 9);
        var write = ring.Engine.WriteAsync(0, Bytes.Batch(written), forceUnitAccess: true);
        Assert.Equal(TransferResult.Moved(1024), ring.Result(write));
        Assert.Equal(written, ring.Read(0, 1024));
    }

    [RingFact]
    public async Task A_completion_of_nothing_in_the_kernel_is_counted_and_touches_nothing()
    {
        using var pipe = new RingPipe();
        var kernel = RefusingRing.Open(8);
        await using var ring = new DrivenRing(pipe.Store, ring: kernel);
        pipe.Write(1);
        Assert.Equal([1], ring.Read(0, 1));
        var second = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Drive();

        // The names of the same operation's first time, of one that never was, and of none.
        foreach (var name in new[] { 1ul << 32, (1ul << 32) + 999, 0ul })
        {
            kernel.NextEntry().UserData = name;
        }

        DriveUntil(ring, () => ring.Engine.Counters.Strays == 3);
        Assert.False(second.IsCompleted);
        pipe.Write(2);
        ring.DriveUntilDone(second);
        Assert.Equal(TransferResult.Moved(1), await second);
    }

    [RingFact]
    public async Task Completions_that_found_no_room_are_brought_in()
    {
        var kernel = RefusingRing.Open(4);
        await using var ring = new DrivenRing(Disk.Store, ring: kernel);
        for (var round = 0; round < 3; round++)
        {
            for (var entry = 0; entry < kernel.SubmissionEntries; entry++)
            {
                // Opcode 0: the kernel does nothing, and completes it.
                kernel.NextEntry().UserData = 1;
            }

            Assert.Equal(4, kernel.Enter(0));
        }

        Assert.True(kernel.HasOverflow);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
        ring.Engine.Drive();
        Assert.Equal((12, false), (ring.Engine.Counters.Strays, kernel.HasOverflow));
    }

    private static void DriveUntil(DrivenRing ring, Func<bool> condition)
    {
        // Bounded: each round the kernel is asked, and what is awaited here takes it microseconds.
        for (var round = 0; round < 1_000_000 && !condition(); round++)
        {
            ring.Engine.Drive();
        }

        Assert.True(condition());
    }
}
