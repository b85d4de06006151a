using DmIo.Devices;
using DmIo.Devices.Stores;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Stores;

/// <summary>The handling of the results of a store.</summary>
public sealed class FileCallsTests
{
    private const int Interrupted = 4;

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public void An_interrupted_call_is_retried(IoOperation operation)
    {
        var asked = 0;
        var store = new FakeStore(8) { Script = (_, _) => ++asked < 3 ? -Interrupted : null };

        Assert.Equal(IoStatus.Ok, Call(store, operation));
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Write)]
    public void R14_an_interrupted_sync_is_not_retried(IoOperation operation)
    {
        var asked = 0;
        var store = new FakeStore(8) { Script = (_, _) => ++asked == 1 ? -Interrupted : null };

        var status = operation == IoOperation.Flush
            ? Run(store, DeviceOperation.Flush())
            : Run(store, DeviceOperation.Write(2, Bytes.Batch(new byte[512]), forceUnitAccess: true));

        Assert.Equal((IoStatusCode.DeviceError, Interrupted), (status.Code, status.Failure?.Errno));
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(IoOperation.Read, "Reading 512 bytes at sector 2 failed")]
    [InlineData(IoOperation.Write, "Writing 512 bytes at sector 2 failed")]
    [InlineData(IoOperation.Flush, "The flush failed")]
    [InlineData(IoOperation.Discard, "Discarding 1 sectors from sector 2 on failed")]
    [InlineData(IoOperation.WriteZeroes, "Zeroing 1 sectors from sector 2 on failed")]
    public void A_failure_keeps_its_errno_and_names_the_operation(IoOperation operation, string doing)
    {
        var status = Call(new FakeStore(8) { Script = (_, _) => -5 }, operation);

        Assert.Equal((IoStatusCode.DeviceError, 5), (status.Code, status.Failure!.Errno));
        Assert.StartsWith(doing, status.Failure.Message);
    }

    [Fact]
    public void A_short_transfer_is_no_failure()
    {
        var store = new FakeStore(8) { Script = (_, _) => 512 };
        var batch = Bytes.Batch(new byte[1024]);

        Assert.Equal(TransferResult.Moved(512), FileCalls.Run(store, DeviceOperation.Read(0, batch)));
        Assert.Equal(TransferResult.Moved(512), FileCalls.Run(store, DeviceOperation.Write(0, batch)));
    }

    [Fact]
    public void Zeroes_are_written_with_short_and_interrupted_writes()
    {
        const int Longest = 3 * 512;
        var asked = 0;
        var store = new FakeStore(64)
        {
            Script = (operation, _) => operation switch
            {
                IoOperation.WriteZeroes => -95,
                _ => ++asked % 2 == 0 ? -Interrupted : Longest,
            },
        };
        store.Content.AsSpan().Fill(7);

        Assert.Equal(IoStatus.Ok, Run(store, DeviceOperation.WriteZeroes(1, 12)));
        Assert.Equal(Bytes.Sectors((1, 7), (12, 0), (51, 7)), store.Content);
    }

    [Fact]
    public void Zeroes_are_written_from_memory_that_is_aligned_for_direct_io()
    {
        var store = new FakeStore(1024)
        {
            Script = (operation, _) => operation == IoOperation.WriteZeroes ? -95 : null,
            Seen = batch => Assert.All(
                batch.Segments.ToArray(), segment => Assert.Equal(0, Bytes.AddressOf(segment) % 4096)),
        };
        store.Content.AsSpan().Fill(7);

        Assert.Equal(IoStatus.Ok, Run(store, DeviceOperation.WriteZeroes(0, 1023)));
        Assert.Equal(Bytes.Sectors((1023, 0), (1, 7)), store.Content);
    }

    [Fact]
    public void Zeroing_without_fallback_is_unsupported_and_writes_nothing()
    {
        var store = new FakeStore(8) { Script = (operation, _) => operation == IoOperation.WriteZeroes ? -95 : null };
        store.Content.AsSpan().Fill(7);

        var status = Run(store, DeviceOperation.WriteZeroes(0, 8, WriteZeroesFlags.NoFallback));

        Assert.Equal((IoStatusCode.Unsupported, 95), (status.Code, status.Failure!.Errno));
        Assert.Equal(Bytes.Sectors((8, 7)), store.Content);
    }

    [Fact]
    public void Zeroing_fails_if_the_write_fails()
    {
        var store = new FakeStore(8) { Script = (operation, _) => operation == IoOperation.Write ? -28 : -95 };

        var status = Run(store, DeviceOperation.WriteZeroes(0, 8));

        Assert.Equal((IoStatusCode.DeviceError, 28), (status.Code, status.Failure!.Errno));
    }

    [Fact]
    public void Zeroing_fails_if_nothing_is_written()
    {
        var store = new FakeStore(8) { Script = (operation, _) => operation == IoOperation.Write ? 0 : -95 };

        Assert.Equal(5, Run(store, DeviceOperation.WriteZeroes(0, 8)).Failure!.Errno);
    }

    private static IoStatus Call(FakeStore store, IoOperation operation) => Run(store, operation switch
    {
        IoOperation.Read => DeviceOperation.Read(2, Bytes.Batch(new byte[512])),
        IoOperation.Write => DeviceOperation.Write(2, Bytes.Batch(new byte[512])),
        _ => new DeviceOperation(operation, 2, 1),
    });

    private static IoStatus Run(FakeStore store, DeviceOperation operation) => FileCalls.Run(store, operation).Status;
}
