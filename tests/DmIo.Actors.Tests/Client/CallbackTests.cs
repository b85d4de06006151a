using DmIo.Actors.Client;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class CallbackTests
{
    private static readonly byte[] Page = new byte[4096];

    private static readonly IoRegion Region = new("a", 0, 8);

    [Fact]
    public async Task A_callback_gets_the_result_and_its_context()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var called = new TaskCompletionSource<(IoResult Result, object? Context)>();
        var context = new object();

        client.Write([Region, new("nobody", 0, 8)], Page, (done, given) => called.SetResult((done, given)), context);

        var (result, given) = await called.Task.InTime();
        Assert.Equal(new ErrorBits(0b10), result.Errors);
        Assert.Same(context, given);
    }

    [Fact]
    public async Task Every_operation_has_a_form_with_a_callback()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var outcomes = new OutcomeCount(expected: 8);

        client.Read(Region, Page, outcomes.Callback);
        client.Write(Region, Page, outcomes.Callback);
        client.Flush([Region], outcomes.Callback);
        client.Discard([Region], outcomes.Callback);
        client.WriteZeroes([Region], outcomes.Callback);
        client.Flush("a", outcomes.Callback);
        client.Discard(Region, outcomes.Callback);
        client.WriteZeroes(Region, outcomes.Callback);

        await outcomes.AllThere.InTime();
        Assert.All(outcomes.Results, result => Assert.True(result.IsOk));
    }

    [Fact]
    public async Task R11_a_callback_may_dispose_the_client_and_wait_for_it()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(3).InTime();

        await InCallbackAsync(client, () => client.DisposeAsync().InTime().GetAwaiter().GetResult()).InTime();

        Assert.Equal(0, (await running.Service.GetPoolStatusAsync().InTime()).Leases);
    }

    [Fact]
    public async Task R11_a_callback_may_detach_the_device_and_wait_for_it()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();

        var service = running.Service;

        await InCallbackAsync(client, () => service.DetachAsync("a").InTime().GetAwaiter().GetResult()).InTime();

        Assert.Empty(await running.Service.GetDevicesAsync().InTime());
    }

    [Fact]
    public async Task R11_a_callback_may_end_the_system_and_wait_for_it()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();

        await InCallbackAsync(client, () => running.System.Terminate().InTime().GetAwaiter().GetResult()).InTime();

        Assert.True(running.System.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task R11_a_callback_has_the_whole_credit_for_a_blocking_call()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        IoResult? inner = null;

        await InCallbackAsync(client, () => inner = client.Write(Region, Page)).InTime();

        Assert.True(inner!.IsOk);
    }

    [Fact]
    public async Task R11_a_throwing_callback_affects_no_other_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();

        client.Write(Region, Page, (_, _) => throw new InvalidOperationException("on purpose"));
        var next = await client.WriteAsync(Region, Page).InTime();

        Assert.True(next.IsOk);
        Assert.Equal(0, client.OutstandingCount);
    }

    /// <summary>Completes when the callback of a write has run the action; fails with the action's exception.</summary>
    private static Task InCallbackAsync(IoClient client, Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Write(Region, Page, (_, _) => done.SetFromTask(Attempt(action)));
        return done.Task;
    }

    private static Task Attempt(Action action)
    {
        var task = new Task(action);
        task.RunSynchronously();
        return task;
    }
}
