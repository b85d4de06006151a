using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

public sealed class TransferCompletionSourceTests
{
    private readonly Call call = new();

    [Fact]
    public async Task A_source_is_free_again_when_its_result_was_taken_and_not_before()
    {
        var task = call.Task;
        call.Answer(TransferResult.Moved(4096));
        Assert.Equal(0, call.Taken);
        Assert.Equal(4096, (await task).Bytes);
        Assert.Equal(1, call.Taken);
    }

    [Fact]
    public async Task A_stale_task_of_an_earlier_use_takes_nothing()
    {
        var first = call.Task;
        call.Answer(TransferResult.Moved(512));
        await first;
        var second = call.Task;
        call.Answer(TransferResult.Moved(1024));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first.AsTask());
        Assert.Equal(1, call.Taken);
        Assert.Equal(1024, (await second).Bytes);
    }

    [Fact]
    public void A_missing_result_cannot_be_taken()
    {
        var task = call.Task;
        Assert.Throws<InvariantViolationException>(() => task.GetAwaiter().GetResult());
        Assert.Equal(0, call.Taken);
    }

    [Fact]
    public async Task An_exception_is_thrown_to_the_caller_and_the_source_is_free_again()
    {
        var task = call.StatusTask;
        call.Throw(new NotSupportedException());
        await Assert.ThrowsAsync<NotSupportedException>(() => task.AsTask());
        Assert.Equal(1, call.Taken);
        var next = call.StatusTask;
        call.Answer(TransferResult.Moved(0));
        Assert.Equal(IoStatus.Ok, await next);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Continuations_run_inline_only_if_requested(bool isInline)
    {
        var answering = new ThreadLocal<bool>();
        var task = call.Task;
        var wentOn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => wentOn.SetResult(answering.Value));
        answering.Value = true;
        call.Answer(TransferResult.Moved(0), isInline);
        answering.Value = false;
        Assert.Equal(isInline, await wentOn.Task);
    }

    private sealed class Call : TransferCompletionSource
    {
        internal int Taken { get; private set; }

        internal void Answer(TransferResult result, bool isInline = true) =>
            SetResult(result, exception: null, isInline);

        internal void Throw(Exception defect) => SetResult(default, defect, isInline: true);

        protected override void OnResultTaken() => Taken++;
    }
}
