using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>The mode of a file: the requested one, or the default for its file system.</summary>
public sealed class FileModeTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [SharedMemoryFact]
    public async Task A_file_in_memory_is_served_inline()
    {
        using var inMemory = new TemporaryDirectory("/dev/shm");
        await using var device = FileDevice.Open(Options with { Path = inMemory.FilePath() });
        Assert.Equal(ServiceMode.Inline, device.Description.Mode);
    }

    [DirectFact]
    public async Task A_file_on_a_disk_is_not_served_inline_by_default()
    {
        await using var device = FileDevice.Open(Options);
        Assert.Contains(device.Description.Mode, new[] { ServiceMode.Ring, ServiceMode.Threads });
    }

    [Theory]
    [InlineData(ServiceMode.Inline)]
    [InlineData(ServiceMode.Threads)]
    public async Task A_requested_mode_is_used(ServiceMode mode)
    {
        await using var device = FileDevice.Open(Options with { Mode = mode });
        Assert.Equal(mode, device.Description.Mode);
    }

    [Fact]
    public async Task The_ring_is_used_or_refused_with_the_reason()
    {
        try
        {
            await using var device = FileDevice.Open(Options with { Mode = ServiceMode.Ring });
            Assert.Equal(ServiceMode.Ring, device.Description.Mode);
        }
        catch (DeviceOpenException refusal)
        {
            Assert.Contains("can't be served by io_uring: ", refusal.Message.Replace("cannot", "can't"));
            Assert.Contains("ask for threads", refusal.Message);
            Assert.False(File.Exists(directory.FilePath()));
        }
    }

    [Theory]
    [InlineData(ServiceMode.Own)]
    [InlineData((ServiceMode)99)]
    public void A_mode_that_no_file_supports_is_refused_and_leaves_no_file_behind(ServiceMode mode)
    {
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(Options with { Mode = mode }));
        Assert.Contains($"not served in the mode {mode}", refusal.Message);
        Assert.False(File.Exists(directory.FilePath()));
    }

    [Fact]
    public void A_queue_depth_below_1_is_refused()
    {
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(Options with { QueueDepth = 0 }));
        Assert.Contains("a queue depth of 0", refusal.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ServiceMode.Inline)]
    [InlineData(ServiceMode.Threads)]
    public async Task Closing_completes_if_the_synchronization_context_of_the_caller_is_blocked(ServiceMode? mode)
    {
        var device = FileDevice.Open(Options with { Mode = mode });
        Assert.Equal(IoStatus.Ok, await device.FlushAsync());

        // Only a bug waits that long.
        await Task.Run(() => CloseIn(new BlockedContext(), device)).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [LinuxFact]
    public async Task R14_a_file_on_Linux_supports_durable_writes()
    {
        await using var device = FileDevice.Open(Options);
        Assert.True(device.Description.HasForceUnitAccess);
        var written = Bytes.Random(4096, 1);
        var result = await device.WriteAsync(0, Bytes.Batch(written.AsMemory(0, 1024), written.AsMemory(1024)), true);
        Assert.Equal(TransferResult.Moved(4096), result);
        Assert.Equal(written, await device.ContentAsync(0, 8));
    }

    [LinuxFact]
    public void R14_without_durable_writes_of_the_kernel_the_store_writes_and_flushes()
    {
        using var handle = File.OpenHandle(
            directory.FilePath(), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(handle, 4096);
        var store = new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: true);
        Assert.False(store.Description.HasForceUnitAccess);

        Assert.Equal(512, store.Write(512, Bytes.Batch(Bytes.Filled(512, 7)), forceUnitAccess: true));

        Assert.Equal(Bytes.Filled(512, 7), File.ReadAllBytes(directory.FilePath())[512..1024]);
    }

    [LinuxFact]
    public void R14_a_durable_write_fails_if_its_flush_fails()
    {
        using var handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var store = new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: true);

        Assert.Equal(-22, store.Write(0, Bytes.Batch(new byte[512]), forceUnitAccess: true));
    }

    [Fact]
    public async Task A_read_only_file_accepts_no_durable_writes()
    {
        File.WriteAllBytes(directory.FilePath(), new byte[4096]);
        await using var device = FileDevice.Open(new() { Path = directory.FilePath(), IsReadOnly = true });
        Assert.False(device.Description.HasForceUnitAccess);
    }

    [LinuxFact]
    public async Task R14_the_errno_of_a_durable_write_is_kept()
    {
        var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var store = new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        var result = await device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: true);
        Assert.Equal((IoStatusCode.DeviceError, 28), (result.Status.Code, result.Status.Failure!.Errno));
    }

    private static Task CloseIn(SynchronizationContext context, FileDevice device)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            return device.DisposeAsync().AsTask();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private sealed class BlockedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }

    private FileDeviceOptions Options => new() { Path = directory.FilePath(), CreateSize = ByteSize.FromSectors(64) };
}
