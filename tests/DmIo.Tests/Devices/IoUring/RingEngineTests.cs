using DmIo.Devices;
using DmIo.Devices.IoUring;
using DmIo.Devices.Stores;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

public sealed class RingEngineTests : IDisposable
{
    private RingFile? file;

    private RingFile Disk => file ??= new RingFile();

    public void Dispose() => file?.Dispose();

    [RingFact]
    public async Task Written_data_is_read_back_and_nothing_else_changes()
    {
        await using var ring = new PolledRing(Disk.Store);
        var written = Bytes.Random(8192, 1);
        var batch = Bytes.Batch(written.AsMemory(0, 100), written.AsMemory(100, 8000), written.AsMemory(8100));
        Assert.Equal(TransferResult.Moved(8192), ring.Result(ring.Engine.WriteAsync(4096, batch, false)));
        Assert.Equal(written, ring.Read(4096, 8192));
        written.CopyTo(Disk.Content, 4096);
        Assert.Equal(Disk.Content, File.ReadAllBytes(Disk.Path));
    }

    [RingFact]
    public async Task Memory_of_many_segments_is_filled_in_order()
    {
        await using var ring = new PolledRing(Disk.Store);
        var read = Enumerable.Range(1, 300).Select(length => new byte[length]).ToArray();
        var batch = Bytes.Batch([.. read.Select(piece => piece.AsMemory())]);
        Assert.Equal(batch.LengthBytes, ring.Result(ring.Engine.ReadAsync(512, batch)).Bytes);
        Assert.Equal(Disk.Content[512..(512 + (int)batch.LengthBytes)], read.SelectMany(piece => piece).ToArray());
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.ReadVector));
    }

    [RingFact]
    public async Task Calls_are_submitted_by_the_poll_with_one_system_call()
    {
        await using var ring = new PolledRing(Disk.Store, depth: 32);
        var calls = Enumerable.Range(0, 32)
            .Select(index => ring.Engine.ReadAsync(index * 512, Bytes.Batch(new byte[512])).AsTask()).ToArray();
        Assert.Equal((0, 0), (ring.Engine.Counters.Enters, ring.Engine.Counters.Submitted(RingOpcode.Read)));
        ring.Engine.Poll();
        Assert.Equal((1, 32), (ring.Engine.Counters.Enters, ring.Engine.Counters.Submitted(RingOpcode.Read)));
        ring.PollUntilDone(Task.WhenAll(calls));
    }

    [RingFact]
    public async Task A_poll_with_nothing_to_do_makes_no_system_call()
    {
        await using var ring = new PolledRing(Disk.Store);
        ring.Engine.Poll();
        Assert.Equal(0, ring.Engine.Counters.Enters);
    }

    [RingFact]
    public async Task An_operation_completes_within_a_poll_on_the_thread_of_the_poll()
    {
        await using var ring = new PolledRing(Disk.Store);
        async Task<int> ThreadBehindAsync()
        {
            await ring.Engine.ReadAsync(0, Bytes.Batch(new byte[512])).ConfigureAwait(false);
            return Environment.CurrentManagedThreadId;
        }

        var behind = ThreadBehindAsync();
        ring.PollUntilDone(behind);
        Assert.Equal(Environment.CurrentManagedThreadId, await behind);
    }

    [RingFact]
    public async Task A_completion_may_call_again_and_even_poll()
    {
        await using var ring = new PolledRing(Disk.Store, depth: 2);
        var read = new byte[64];
        async Task ReadByteAfterByteAsync()
        {
            for (var index = 0; index < read.Length; index++)
            {
                var one = Bytes.Batch(read.AsMemory(index, 1));
                await ring.Engine.ReadAsync(index * 512, one).ConfigureAwait(false);
                ring.Engine.Poll();
            }
        }

        ring.PollUntilDone(ReadByteAfterByteAsync());
        Assert.Equal(Disk.Content.Chunk(512).Take(64).Select(sector => sector[0]), read);
    }

    [RingFact]
    public async Task More_calls_than_queue_entries_are_all_served()
    {
        await using var ring = new PolledRing(Disk.Store, depth: 4);
        var reads = Enumerable.Range(0, 1000).Select(_ => new byte[512]).ToArray();
        var calls = reads.Select((read, index) => ring.Engine.ReadAsync(index * 512, Bytes.Batch(read)).AsTask());
        ring.PollUntilDone(Task.WhenAll(calls));
        Assert.Equal(Disk.Content[..512_000], reads.SelectMany(read => read).ToArray());
        Assert.Equal(0, ring.Engine.Counters.Strays);
    }

    [RingFact]
    public async Task A_read_across_the_end_of_the_file_is_short_and_one_behind_it_is_empty()
    {
        await using var ring = new PolledRing(Disk.Store);
        Assert.Equal(Disk.Content[^512..], ring.Read(RingFile.SizeBytes - 512, 1024));
        Assert.Equal([], ring.Read(RingFile.SizeBytes, 512));
    }

    [RingFact]
    public async Task A_write_with_forced_unit_access_and_a_flush_succeed()
    {
        await using var ring = new PolledRing(Disk.Store);
        var written = Bytes.Filled(512, 9);
        var write = ring.Engine.WriteAsync(512, Bytes.Batch(written), forceUnitAccess: true);
        Assert.Equal(TransferResult.Moved(512), ring.Result(write));
        Assert.Equal(IoStatus.Ok, ring.Result(ring.Engine.FlushAsync()));
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.Flush));
        Assert.Equal(written, ring.Read(512, 512));
    }

    [RingFact]
    public async Task Discarded_and_zeroed_ranges_read_as_zeroes_and_the_file_keeps_its_size()
    {
        await using var ring = new PolledRing(Disk.Store);
        Assert.Equal(IoStatus.Ok, ring.Result(ring.Engine.DiscardAsync(4096, 8192)));
        Assert.Equal(IoStatus.Ok, ring.Result(ring.Engine.WriteZeroesAsync(20480, 1024, WriteZeroesFlags.None)));
        var last = ring.Engine.WriteZeroesAsync(RingFile.SizeBytes - 512, 512, WriteZeroesFlags.None);
        Assert.Equal(IoStatus.Ok, ring.Result(last));
        Disk.Content.AsSpan(4096, 8192).Clear();
        Disk.Content.AsSpan(20480, 1024).Clear();
        Disk.Content.AsSpan(RingFile.SizeBytes - 512).Clear();
        Assert.Equal(Disk.Content, File.ReadAllBytes(Disk.Path));
    }

    [RingFact]
    public async Task Zeroes_are_written_on_a_thread_if_the_file_system_has_no_call_for_them()
    {
        file = new RingFile(Directory.Exists("/dev/shm") ? "/dev/shm" : null);
        await using var ring = new PolledRing(file.Store);
        Assert.Equal(IoStatus.Ok, ring.Result(ring.Engine.WriteZeroesAsync(512, 100 * 512, WriteZeroesFlags.NoUnmap)));
        Assert.Equal(IoStatus.Ok, ring.Result(ring.Engine.WriteZeroesAsync(200 * 512, 512, WriteZeroesFlags.NoUnmap)));
        file.Content.AsSpan(512, 100 * 512).Clear();
        file.Content.AsSpan(200 * 512, 512).Clear();
        Assert.Equal(file.Content, File.ReadAllBytes(file.Path));
        Assert.InRange(ring.Engine.Counters.Submitted(RingOpcode.Allocate), 1, 2);
    }

    [RingFact]
    public async Task Operations_of_the_store_complete_within_a_poll_too()
    {
        using var handle = File.OpenHandle(Disk.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        await using var ring = new PolledRing(new PortableFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false));
        async Task<(IoStatus, int)> ZeroAsync() => (
            (await ring.Engine.SubmitAsync(DeviceOperation.WriteZeroes(0, 1)).ConfigureAwait(false)).Status,
            Environment.CurrentManagedThreadId);

        var zeroed = ZeroAsync();
        ring.PollUntilDone(zeroed);
        Assert.Equal((IoStatus.Ok, Environment.CurrentManagedThreadId), await zeroed);
        var discarded = ring.Result(ring.Engine.DiscardAsync(0, 512));
        Assert.Equal(IoStatusCode.Unsupported, discarded.Code);
        Assert.Equal(new byte[512], ring.Read(0, 512));
    }

    [RingFact]
    public async Task Errors_keep_their_errno_and_name_the_operation()
    {
        using var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        await using var ring = new PolledRing(new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: true));
        var full = ring.Result(ring.Engine.WriteAsync(1024, Bytes.Batch(new byte[512]), false));
        Assert.Equal((0, IoStatusCode.DeviceError), (full.Bytes, full.Status.Code));
        Assert.Equal(28, full.Status.Failure!.Errno);
        Assert.Contains("Writing 512 bytes at sector 2", full.Status.Failure.Message);
        var flush = ring.Result(ring.Engine.FlushAsync());
        Assert.Equal((IoStatusCode.DeviceError, 22), (flush.Code, flush.Failure!.Errno));
    }

    [RingFact]
    public async Task The_file_can_be_locked_again_as_soon_as_the_ring_is_disposed()
    {
        Disk.Store.Handle.Dispose();
        for (var round = 0; round < 20; round++)
        {
            using var handle = File.OpenHandle(Disk.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            await using var ring = new PolledRing(new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false));
            Assert.Equal(512, ring.Read(0, 512).Length);
        }
    }
}
