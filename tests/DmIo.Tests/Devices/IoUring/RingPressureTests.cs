using DmIo.Devices;
using DmIo.Devices.IoUring;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>Operations for which the kernel has no thread or memory are made by the store; permanent errors are
/// reported.</summary>
public sealed class RingPressureTests : IDisposable
{
    private const int TryAgain = 11;
    private const int NoMemory = 12;
    private const int Busy = 16;
    private const int Interrupted = 4;
    private const int TooManyFiles = 24;
    private const int BadAddress = 14;
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
    public async Task A_submission_that_the_kernel_has_no_resources_for_is_retried_after_a_pause(int errno)
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(errno);
        var reads = Enumerable.Range(0, 20)
            .Select(index => ring.Engine.ReadAsync(index * 512, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        ring.Engine.Poll();
        Assert.Equal((0, 1), (ring.Wakes, ring.Engine.Counters.Enters));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, ring.Wakes);
        ring.PollUntilDone(Task.WhenAll(reads));
        Assert.All(reads, read => Assert.Equal(TransferResult.Moved(1), read.Result));
    }

    [RingFact]
    public async Task An_interrupted_submission_is_retried_at_once()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(Interrupted);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
    }

    [RingFact]
    public async Task A_failed_submission_fails_its_operations_and_releases_their_memory()
    {
        var kernel = RefusingRing.Open(2);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(5);
        var reads = Enumerable.Range(0, 3)
            .Select(index => ring.Engine.ReadAsync(index * 512, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        ring.PollUntilDone(Task.WhenAll(reads));
        Assert.Equal([5, 5, 0], reads.Select(read => read.Result.Status.Failure?.Errno ?? 0).OrderDescending());
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
    }

    [RingFact]
    public async Task A_submission_refused_again_after_the_pause_is_made_by_the_store()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Refusals.Enqueue(TryAgain);
        kernel.Refusals.Enqueue(TryAgain);
        var read = new byte[512];
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask();
        ring.Engine.Poll();
        time.Advance(TimeSpan.FromSeconds(1));
        ring.PollUntilDone(task);
        Assert.Equal((TransferResult.Moved(512), 2), (await task, ring.Engine.Counters.Enters));
        Assert.Equal(Disk.Content[..512], read);
    }

    [RingTheory]
    [InlineData(TryAgain)]
    [InlineData(NoMemory)]
    [InlineData(TooManyFiles)]
    [InlineData(Canceled)]
    [InlineData(BadAddress)]
    public async Task An_operation_without_resources_in_the_kernel_is_made_by_the_store_after_a_pause(int errno)
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Failures.Enqueue(errno);
        var read = new byte[512];
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask();
        PollUntil(ring, () => ring.Engine.Counters.Retries == 1);
        Assert.False(task.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        ring.PollUntilDone(task);
        Assert.Equal((TransferResult.Moved(512), 1), (await task, ring.Engine.Counters.Submitted(RingOpcode.Read)));
        Assert.Equal(Disk.Content[..512], read);
    }

    [RingFact]
    public async Task R14_a_flush_that_the_kernel_did_not_begin_is_made_by_the_store_after_a_pause()
    {
        var flushes = 0;
        var store = new FakeStore(8) { Script = (_, _) => 0 * ++flushes };
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(store, time: time, ring: kernel);
        kernel.Failures.Enqueue(Canceled);
        var task = ring.Engine.FlushAsync().AsTask();
        PollUntil(ring, () => ring.Engine.Counters.Retries == 1);
        time.Advance(TimeSpan.FromMilliseconds(1));
        ring.PollUntilDone(task);
        Assert.Equal((IoStatus.Ok, 1), (await task, flushes));
    }

    [RingTheory]
    [InlineData(TryAgain)]
    [InlineData(NoMemory)]
    [InlineData(Interrupted)]
    [InlineData(BadAddress)]
    public async Task R14_a_sync_that_the_kernel_may_have_begun_is_not_repeated(int errno)
    {
        var calls = 0;
        var store = new FakeStore(8) { Script = (_, _) => 0 * ++calls };
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(store, time: time, ring: kernel);
        kernel.Failures.Enqueue(errno);
        kernel.Failures.Enqueue(errno);
        var flush = ring.Result(ring.Engine.FlushAsync());
        var write = ring.Result(ring.Engine.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: true));
        Assert.Equal((errno, errno), (flush.Failure?.Errno, write.Status.Failure?.Errno));
        Assert.Equal((0L, 0), (ring.Engine.Counters.Retries, calls));
    }

    [RingFact]
    public async Task Memory_that_the_store_cannot_access_either_is_an_error()
    {
        var calls = 0;
        var store = new FakeStore(8) { Script = (_, _) => -BadAddress + (0 * ++calls) };
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(store, time: time, ring: kernel);
        kernel.Failures.Enqueue(BadAddress);
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[512])).AsTask();
        PollUntil(ring, () => ring.Engine.Counters.Retries == 1);
        time.Advance(TimeSpan.FromMilliseconds(1));
        ring.PollUntilDone(task);
        Assert.Equal((BadAddress, 1), ((await task).Status.Failure?.Errno, calls));
    }

    [RingFact]
    public async Task R14_a_flush_is_not_repeated_after_an_error_of_the_store()
    {
        var flushes = 0;
        var store = new FakeStore(8) { Script = (_, _) => ++flushes == 1 ? -Canceled : null };
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(store, time: time, ring: kernel);
        kernel.Failures.Enqueue(Canceled);
        var task = ring.Engine.FlushAsync().AsTask();
        PollUntil(ring, () => ring.Engine.Counters.Retries == 1);
        time.Advance(TimeSpan.FromMilliseconds(1));
        ring.PollUntilDone(task);
        Assert.Equal((Canceled, 1), ((await task).Failure?.Errno, flushes));
    }

    [RingFact]
    public async Task An_operation_without_memory_of_the_system_finally_fails_with_that_errno()
    {
        var calls = 0;
        var store = new FakeStore(8)
        {
            Script = (_, _) =>
            {
                Interlocked.Increment(ref calls);
                return -NoMemory;
            },
        };
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(store, time: time, ring: kernel);
        kernel.Failures.Enqueue(NoMemory);
        var task = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[512])).AsTask();
        for (var tries = 1; tries <= RingPump.MaxTries; tries++)
        {
            PollUntil(ring, () => ring.Engine.Counters.Retries == tries);
            time.Advance(TimeSpan.FromMilliseconds(64));
        }

        ring.PollUntilDone(task);
        var status = (await task).Status;
        Assert.Equal((IoStatusCode.DeviceError, NoMemory), (status.Code, status.Failure!.Errno));
        Assert.Equal(RingPump.MaxTries, calls);
    }

    [RingFact]
    public async Task An_operation_that_was_interrupted_is_issued_again()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Failures.Enqueue(Interrupted);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
        Assert.Equal((1, 2), (ring.Engine.Counters.Retries, ring.Engine.Counters.Submitted(RingOpcode.Read)));
    }

    [RingFact]
    public async Task A_durable_write_that_the_kernel_does_not_support_is_made_durable_by_the_store()
    {
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(Disk.Store, time: time, ring: kernel);
        kernel.Failures.Enqueue(NotSupported);
        var written = Bytes.Filled(1024, 9);
        var write = ring.Engine.WriteAsync(0, Bytes.Batch(written), forceUnitAccess: true);
        Assert.Equal(TransferResult.Moved(1024), ring.Result(write));
        Assert.Equal(written, ring.Read(0, 1024));
    }

    [RingFact]
    public async Task A_stale_completion_is_counted_and_ignored()
    {
        using var pipe = new RingPipe();
        var kernel = RefusingRing.Open(8);
        await using var ring = new PolledRing(pipe.Store, ring: kernel);
        pipe.Write(1);
        Assert.Equal([1], ring.Read(0, 1));
        var second = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Poll();

        // The user data of an earlier use of the same operation, of one that never existed, and of none.
        foreach (var name in new[] { 1ul << 32, (1ul << 32) + 999, 0ul })
        {
            kernel.NextEntry().UserData = name;
        }

        PollUntil(ring, () => ring.Engine.Counters.Strays == 3);
        Assert.False(second.IsCompleted);
        pipe.Write(2);
        ring.PollUntilDone(second);
        Assert.Equal(TransferResult.Moved(1), await second);
    }

    [RingFact]
    public async Task Overflowed_completions_are_collected()
    {
        var kernel = RefusingRing.Open(4);
        await using var ring = new PolledRing(Disk.Store, ring: kernel);
        for (var round = 0; round < 3; round++)
        {
            for (var entry = 0; entry < kernel.SubmissionEntries; entry++)
            {
                // Opcode 0: the kernel completes it without an effect.
                kernel.NextEntry().UserData = 1;
            }

            Assert.Equal(4, kernel.Enter(0));
        }

        Assert.True(kernel.HasOverflow);
        Assert.Equal(Disk.Content[..512], ring.Read(0, 512));
        ring.Engine.Poll();
        Assert.Equal((12, false), (ring.Engine.Counters.Strays, kernel.HasOverflow));
    }

    private static void PollUntil(PolledRing ring, Func<bool> condition)
    {
        var isMet = SpinWait.SpinUntil(
            () =>
            {
                ring.Engine.Poll();
                return condition();
            },
            TimeSpan.FromSeconds(30));
        Assert.True(isMet);
    }
}
