using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Client;

/// <summary>Requests whose outcome is reported by a call to an object of the sender.</summary>
public sealed class IoCompletionTests
{
    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task The_outcome_is_reported_by_a_call()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var counting = new CountingCompletion();

        Assert.True(client.TrySend(Write("a", counting)));

        Assert.True((await counting.NextAsync())!.IsOk);
    }

    [Fact]
    public async Task A_completion_can_be_sent_again_from_within_its_own_call()
    {
        const int Requests = 100;
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var counting = new CountingCompletion();
        counting.OnOutcome = calls => Assert.True(calls >= Requests || client.TrySend(Write("a", counting)));

        client.TrySend(Write("a", counting));
        for (var request = 0; request < Requests; request++)
        {
            Assert.True((await counting.NextAsync())!.IsOk);
        }

        await client.DisposeAsync().AsTask().InTime();
        Assert.Equal(Requests, counting.Calls);
    }

    [Fact]
    public async Task A_request_that_breaks_a_rule_is_refused_by_a_call()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var counting = new CountingCompletion();

        Assert.True(client.TrySend(Write("a", counting) with { Memory = null }));

        Assert.Null(await counting.NextAsync());
        Assert.Equal(IoRefusal.BreaksRule, counting.Cause);
        Assert.Contains("needs memory", counting.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disposed_client_sends_nothing_and_calls_nothing()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        await client.DisposeAsync().AsTask().InTime();
        var counting = new CountingCompletion();

        Assert.False(client.TrySend(Write("a", counting)));
        Assert.False(client.TrySend(Write("a", counting)));

        Assert.Equal(0, counting.Calls);
    }

    [Fact]
    public async Task A_completion_of_a_pending_request_cannot_be_sent_again()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var counting = new CountingCompletion();
        client.TrySend(Write("a", counting));

        Assert.Throws<InvalidOperationException>(() => client.TrySend(Write("a", counting)));

        await stuck.WhenHungAsync(1).InTime();
        stuck.Release();
        Assert.True((await counting.NextAsync())!.IsOk);
    }

    [Fact]
    public async Task A_request_without_a_reusable_completion_is_not_sent()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();

        Assert.Throws<ArgumentException>(() => client.TrySend(Write("a", new Completion())));
    }

    [Fact]
    public async Task Each_request_has_exactly_one_outcome_when_the_request_actor_dies()
    {
        await using var running = await new RunningService().WithMemoryAsync("b");
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(2).InTime();
        var held = new CountingCompletion();
        client.TrySend(Write("a", held));
        await stuck.WhenHungAsync(1).InTime();
        using var isBusy = new SemaphoreSlim(0);
        using var resume = new SemaphoreSlim(0);
        var busy = new CountingCompletion
        {
            OnOutcome = _ =>
            {
                isBusy.Release();
                resume.Wait();
            },
        };
        client.TrySend(Write("b", busy));
        await isBusy.WaitAsync(Patience.Limit);
        var stranded = new CountingCompletion();
        client.TrySend(Write("b", stranded));

        running.System.Stop(client.Requests);
        resume.Release();

        Assert.Null(await stranded.NextAsync());
        Assert.True((await held.NextAsync())!.BufferHeld);
        stuck.Release();
        await client.DisposeAsync().AsTask().InTime();
        Assert.Equal((1, 1, 1), (busy.Calls, stranded.Calls, held.Calls));
    }

    private static IoRequest Write(string device, IIoCompletion completion) => new()
    {
        Operation = IoOperation.Write,
        Regions = [new IoRegion(device, 0, 8)],
        Memory = Page,
        Completion = completion,
    };
}
