using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Requests;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>The errors that a client gets, and that the connection continues after them.</summary>
public sealed class ErrorTests
{
    private const ulong Size = (ulong)ServedDisks.SizeBytes;

    [Theory]
    [InlineData(NbdCommand.Read, NbdError.Invalid)]
    [InlineData(NbdCommand.Trim, NbdError.Invalid)]
    [InlineData(NbdCommand.Cache, NbdError.Invalid)]
    [InlineData(NbdCommand.WriteZeroes, NbdError.NoSpace)]
    internal async Task Past_the_end(NbdCommand command, NbdError expected)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        Assert.Equal(expected, await client.DoAsync(command, Size - 512, 1024));
        Assert.Equal(expected, await client.DoAsync(command, ulong.MaxValue - 511, 512));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush, 0, 0));
    }

    [Fact]
    public async Task A_write_past_the_end_gets_ENOSPC_and_its_data_is_discarded()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.NoSpace, await client.WriteAsync(Size, CommandTests.NewData(100_000)));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, CommandTests.NewData(512)));
    }

    [Fact]
    public async Task A_write_that_is_too_long_is_discarded()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new MemoryDevice(ByteSize.FromBytes(2 * ServedDisks.SizeBytes)));
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[64 << 20]));
        Assert.Equal(NbdError.Overflow, await client.WriteAsync(0, new byte[(64 << 20) + 1]));
        Assert.Equal(NbdError.Overflow, await client.DoAsync(NbdCommand.Read, 0, (64 << 20) + 1));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, CommandTests.NewData(512)));
    }

    [Fact]
    public async Task A_write_that_is_far_too_long_ends_the_connection()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        await client.RequestAsync(NbdCommand.Write, 0, uint.MaxValue);

        Assert.Equal(NbdError.NoSpace, (await client.SimpleReplyAsync()).Error);
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(NbdCommand.Read, CommandFlags.FastZero)]
    [InlineData(NbdCommand.Read, CommandFlags.DoNotFragment)]
    [InlineData(NbdCommand.Flush, CommandFlags.NoHole)]
    [InlineData(NbdCommand.Trim, (CommandFlags)0x8000)]
    [InlineData((NbdCommand)42, CommandFlags.None)]
    [InlineData(NbdCommand.BlockStatus, CommandFlags.None)]
    internal async Task Requests_that_were_not_negotiated_are_invalid(NbdCommand command, CommandFlags flags)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.Invalid, await client.DoAsync(command, 0, 0, flags));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush, 0, 0));
    }

    [Fact]
    public async Task Data_that_is_not_a_request_ends_the_connection()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        await client.SendAsync(new byte[RequestHeader.SizeBytes]);

        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(NbdCommand.Trim)]
    [InlineData(NbdCommand.WriteZeroes)]
    internal async Task A_read_only_export_is_not_changed(NbdCommand command)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new LimitedDevice(
            ServedDisks.NewMemory(), description => description with { IsReadOnly = true }));
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.NotPermitted, await client.DoAsync(command, 0, 4096));
        Assert.Equal(NbdError.NotPermitted, await client.WriteAsync(0, new byte[4096]));
        Assert.Equal(new byte[512], await client.ReadAsync(0, 512));
    }

    [Fact]
    public async Task A_device_error_keeps_its_number()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new FaultyDevice(
            ServedDisks.NewMemory(),
            seed: 1,
            new FaultRule { Filter = OperationFilter.On(IoOperation.Write), Errno = (int)NbdError.NoSpace },
            new FaultRule { Filter = OperationFilter.On(IoOperation.Read) }));
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.NoSpace, await client.WriteAsync(0, new byte[4096]));
        Assert.Equal(NbdError.InputOutput, await client.DoAsync(NbdCommand.Read, 0, 4096));
    }

    [Theory]
    [InlineData(IoRefusal.BreaksRule, NbdError.Invalid)]
    [InlineData(IoRefusal.NoRoom, NbdError.NoMemory)]
    [InlineData(IoRefusal.Stopped, NbdError.Shutdown)]
    internal void Refusals_of_the_service_become_errors_of_the_protocol(IoRefusal cause, NbdError expected)
    {
        var status = RequestPart.StatusOf(cause, "as the test says");

        Assert.Equal(expected, NbdErrors.Of(status, NbdCommand.Write));
        Assert.Equal("as the test says", status.Failure!.Message);
    }

    [Fact]
    public async Task Clients_of_an_export_without_a_lease_get_ESHUTDOWN()
    {
        await using var served = await ServedDisks.StartAsync();
        var leases = new EventProbe(served.System, typeof(ServiceEvents.ServiceEvent));
        await served.AddAsync("disk", ServedDisks.NewMemory());
        using var client = await served.UseAsync();
        var lease = (await leases.NextAsync<ServiceEvents.LeaseOpened>()).Lease;

        served.System.ActorSelection($"/user/dmio/lease-{lease.Value}").Tell(PoisonPill.Instance);
        await leases.NextAsync<ServiceEvents.LeaseClosed>();

        Assert.Equal(NbdError.Shutdown, await client.DoAsync(NbdCommand.Flush, 0, 0));
        Assert.Equal(NbdError.Shutdown, await client.WriteAsync(0, new byte[4096]));
    }

    [Fact]
    public async Task A_structured_error_contains_the_cause_and_the_number_of_its_log_entry()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new FaultyDevice(ServedDisks.NewMemory(), seed: 1, new FaultRule()));
        using var client = await served.UseAsync(structured: true);
        var id = (await served.Server.GetStatusAsync().InTime()).Connections[^1].Id;

        await client.RequestAsync(NbdCommand.Read, 0, 4096);
        var (error, text) = await client.ErrorAsync();

        Assert.Equal(NbdError.InputOutput, error);
        Assert.EndsWith($"[nbd-{id}.1]", text);
    }

    [Fact]
    public async Task Chunks_of_a_read_that_fails_later_are_followed_by_the_error()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new FaultyDevice(
            ServedDisks.NewMemory(),
            seed: 1,
            new FaultRule { Filter = new OperationFilter { Start = 2048, Count = 1 } }));
        using var client = await served.UseAsync(structured: true);

        await client.RequestAsync(NbdCommand.Read, 0, 2 << 20);
        while (true)
        {
            var (chunk, _) = await client.ChunkAsync();
            if (chunk.IsDone)
            {
                Assert.Equal(ReplyChunkType.Error, chunk.Type);
                break;
            }

            Assert.False(chunk.IsError);
        }
    }

    [Fact]
    public async Task A_simple_read_that_fails_after_its_header_ends_the_connection()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new FaultyDevice(
            ServedDisks.NewMemory(),
            seed: 1,
            new FaultRule { Filter = new OperationFilter { Start = 32768, Count = 1 } }));
        using var client = await served.UseAsync();

        await client.RequestAsync(NbdCommand.Read, 0, 32 << 20);

        var reply = await client.SimpleReplyAsync();
        Assert.Equal(NbdError.None, reply.Error);
        var received = await Assert.ThrowsAnyAsync<Exception>(() => client.ReceiveAsync(32 << 20));
        Assert.IsNotType<TimeoutException>(received);
    }
}
