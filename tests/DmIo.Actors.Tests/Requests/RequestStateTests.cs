using DmIo.Actors.Requests;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestStateTests
{
    private static readonly IoStatus Bad = IoStatus.DeviceError("bad", errno: 5);
    private static readonly IoStatus Late = IoStatus.Failed(IoStatusCode.TimedOut, "late");

    [Fact]
    public void R1_bit_i_belongs_to_region_i()
    {
        var regions = Enumerable.Range(0, 64).Select(index => new IoRegion("disk", index, 1));
        var state = State(IoOperation.Write, [.. regions]);
        for (var index = 0; index < 64; index++)
        {
            state.Complete(index, index is 0 or 31 or 32 or 63 ? Bad : IoStatus.Ok);
        }

        Assert.Equal(0x8000000180000001UL, Conclude(state).Errors.Value);
    }

    [Fact]
    public void A_failure_names_its_device_once_and_keeps_its_errno()
    {
        var state = State(IoOperation.Write, new IoRegion("left", 0, 1), new IoRegion("right", 0, 1));
        state.Complete(0, Bad);
        state.Complete(1, IoStatus.DeviceError("'right' is away.", errno: 6));

        var result = Conclude(state);

        Assert.Equal(IoStatus.DeviceError("'left': bad", errno: 5), result[0]);
        Assert.Equal(IoStatus.DeviceError("'right' is away.", errno: 6), result[1]);
    }

    [Fact]
    public void R4_a_region_of_count_0_is_not_sent_and_its_bit_is_clear()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1), new IoRegion("b", 0, 0));
        Assert.NotNull(state[0]);
        Assert.Null(state[1]);

        state.Complete(0, Bad);

        Assert.Equal(1UL, Conclude(state).Errors.Value);
    }

    [Fact]
    public void R4_a_request_of_empty_regions_is_complete_at_once()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 0), new IoRegion("b", 5, 0));

        Assert.True(state.IsOver);
        Assert.True(Conclude(state).IsOk);
    }

    [Fact]
    public void R4_a_flush_is_sent_to_empty_regions_too() =>
        Assert.NotNull(State(IoOperation.Flush, new IoRegion("a", 0, 0))[0]);

    [Fact]
    public void R9_a_request_is_complete_after_the_last_region_and_not_before()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1), new IoRegion("b", 0, 1), new IoRegion("c", 0, 1));
        state.Complete(2, IoStatus.Ok);
        state.Complete(0, Bad);
        Assert.False(state.IsComplete);

        state.Complete(1, IoStatus.Ok);

        Assert.True(state.IsComplete && state.IsOver);
    }

    [Fact]
    public void R9_a_second_answer_for_a_region_changes_nothing()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1), new IoRegion("b", 0, 1));
        state.Complete(0, IoStatus.Ok);

        state.Complete(0, Bad);

        Assert.False(state.IsComplete);
        state.Complete(1, IoStatus.Ok);
        Assert.True(Conclude(state).IsOk);
    }

    [Fact]
    public void R19_a_request_takes_the_pages_of_its_largest_region()
    {
        Assert.Equal(1, State(IoOperation.Write, new IoRegion("a", 0, 8), new IoRegion("b", 0, 1)).Pages);
        Assert.Equal(2, State(IoOperation.Write, new IoRegion("a", 0, 1), new IoRegion("b", 0, 9)).Pages);
        Assert.Equal(1, State(IoOperation.Discard, new IoRegion("a", 0, 1 << 20)).Pages);
    }

    [Fact]
    public void R23_io_that_no_device_has_begun_is_withdrawn_at_the_deadline()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1), new IoRegion("b", 0, 1));
        state.Complete(0, IoStatus.Ok);

        state.EndEarly(Late);

        Assert.True(state.IsOver);
        Assert.False(state[1]!.TryIssue());
        var result = Conclude(state);
        Assert.Equal((2UL, IoStatusCode.TimedOut, false), (result.Errors.Value, result[1].Code, result.BufferHeld));
    }

    [Fact]
    public void R23_io_that_a_device_has_begun_is_held_after_the_deadline_until_it_is_answered()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1));
        state[0]!.TryIssue();

        state.EndEarly(Late);

        Assert.True(state.IsComplete);
        Assert.False(state.IsOver);
        Assert.True(Conclude(state).BufferHeld);
        state.Complete(0, IoStatus.Ok);
        Assert.True(state.IsOver);
    }

    [Fact]
    public void R23_io_answered_before_the_deadline_keeps_its_outcome()
    {
        var state = State(IoOperation.Write, new IoRegion("a", 0, 1));
        state[0]!.TryIssue();
        state[0]!.Answer(IoStatus.Ok);

        state.EndEarly(Late);

        Assert.True(state.IsOver);
        Assert.True(Conclude(state).IsOk);
    }

    [Fact]
    public void R8_a_withdrawn_read_leaves_zeroes()
    {
        var memory = new byte[1024];
        memory.AsSpan().Fill(0xAA);
        var request = new IoRequest { Operation = IoOperation.Read, Regions = [], Memory = memory };
        var state = State(request, new IoRegion("a", 0, 1));

        state.EndEarly(Late);

        Assert.All(memory.AsSpan(0, 512).ToArray(), value => Assert.Equal(0, value));
        Assert.All(memory.AsSpan(512).ToArray(), value => Assert.Equal(0xAA, value));
    }

    [Fact]
    public void The_context_is_returned_untouched()
    {
        var context = new object();
        var request = new IoRequest
        {
            Operation = IoOperation.Write,
            Regions = [],
            Memory = new byte[4096],
            Context = context,
        };
        var state = State(request, new IoRegion("a", 0, 1));
        state.Complete(0, IoStatus.Ok);

        Assert.Same(context, Conclude(state).Context);
    }

    [Fact]
    public void An_operation_that_the_device_does_not_support_fails_as_unsupported()
    {
        var state = State(IoOperation.Discard, new IoRegion("a", 0, 1), new IoRegion("b", 0, 1));
        state.Complete(0, IoStatus.Failed(IoStatusCode.Unsupported, "no discard"));
        state.Complete(1, Bad);

        var result = Conclude(state);

        Assert.Equal((3UL, 1UL), (result.Errors.Value, result.Unsupported.Value));
    }

    private static IoResult Conclude(RequestState state)
    {
        state.Conclude();
        return state.Result;
    }

    private static RequestState State(IoOperation operation, params IoRegion[] regions)
    {
        var carriesData = operation is IoOperation.Read or IoOperation.Write;
        var request = new IoRequest
        {
            Operation = operation,
            Regions = [],
            Memory = carriesData ? new byte[1 << 16] : (DmIo.Memory.IoMemory?)null,
        };
        return State(request, regions);
    }

    private static RequestState State(IoRequest request, params IoRegion[] regions) =>
        TestRequests.State(request, regions);
}
