using DmIo.Actors.Client;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class BlockingTests
{
    private static readonly byte[] Data = [.. Enumerable.Repeat((byte)0x5A, 4096)];

    [Fact]
    public async Task R9_every_blocking_call_has_the_result_of_its_task()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b");
        using var client = await running.Service.OpenAsync(1).InTime();
        var read = new byte[4096];

        Assert.True(client.Write([new("a", 0, 8), new("b", 0, 8)], Data).IsOk);
        Assert.True(client.Read(new IoRegion("b", 0, 8), read).IsOk);
        Assert.Equal(Data, read);
        Assert.True(client.Flush([new("a", 0, 0), new("b", 0, 0)]).IsOk);
        Assert.True(client.Flush("a").IsOk);
        Assert.True(client.WriteZeroes(new IoRegion("b", 0, 4)).IsOk);
        Assert.True(client.Discard(new IoRegion("b", 4, 4)).IsOk);
        Assert.True(client.Read(new IoRegion("b", 0, 8), read).IsOk);
        Assert.All(read, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task Blocking_calls_on_all_threads_of_the_pool_do_not_deadlock()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(4).InTime();
        var callers = Environment.ProcessorCount * 4;

        var results = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            () => client.Write(new IoRegion("a", caller * 8, 8), Data)))).InTime();

        Assert.All(results, result => Assert.True(result.IsOk));
    }

    [Fact]
    public async Task Blocking_calls_from_many_callbacks_at_once_do_not_deadlock()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(2).InTime();
        var callers = Environment.ProcessorCount * 4;
        var outcomes = new OutcomeCount(callers);

        for (var caller = 0; caller < callers; caller++)
        {
            var region = new IoRegion("a", caller * 8, 8);
            client.Write(region, Data, (_, _) => outcomes.Callback(client.Write(region, Data), null));
        }

        await outcomes.AllThere.InTime();
        Assert.All(outcomes.Results, result => Assert.True(result.IsOk));
    }
}
