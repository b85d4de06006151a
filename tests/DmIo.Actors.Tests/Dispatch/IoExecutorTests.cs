using System.Collections.Concurrent;
using Akka.Dispatch;
using Xunit;

namespace DmIo.Actors.Tests.Dispatch;

/// <summary>The executor on thread pools of the test's own: what it queues there, and what it does when the pool never
/// runs it.</summary>
public sealed class IoExecutorTests : IDisposable
{
    private readonly ConcurrentQueue<IThreadPoolWorkItem> pool = new();
    private readonly IoExecutor executor;

    public IoExecutorTests() => executor = new IoExecutor("test", pool.Enqueue);

    public void Dispose() => executor.Shutdown();

    [Fact]
    public void Mailboxes_run_in_the_order_in_which_they_became_ready()
    {
        var ran = new List<int>();
        foreach (var number in Enumerable.Range(0, 200))
        {
            executor.Execute(new Mailbox(() => ran.Add(number)));
        }

        RunPool();

        Assert.Equal(Enumerable.Range(0, 200), ran);
    }

    [Fact]
    public void No_more_pumps_are_queued_than_there_are_processors()
    {
        for (var count = 0; count < 100; count++)
        {
            executor.Execute(new Mailbox(() => { }));
        }

        Assert.Equal(Math.Max(2, Environment.ProcessorCount), pool.Count);
    }

    [Fact]
    public void A_pump_gives_way_to_the_pools_other_work_and_comes_back()
    {
        var ran = 0;
        for (var count = 0; count < 1000; count++)
        {
            executor.Execute(new Mailbox(() => ran++));
        }

        Assert.True(pool.TryDequeue(out var first));
        first.Execute();

        Assert.InRange(ran, 1, 999);
        RunPool();
        Assert.Equal(1000, ran);
    }

    [Fact]
    public void What_a_mailbox_makes_ready_runs_too()
    {
        var ran = new TaskCompletionSource();
        executor.Execute(new Mailbox(() => executor.Execute(new Mailbox(ran.SetResult))));

        RunPool();

        Assert.True(ran.Task.IsCompleted);
    }

    [Fact]
    public async Task Mailboxes_run_also_when_the_pool_has_no_thread()
    {
        var ran = new CountdownEvent(10_000);
        for (var count = 0; count < 10_000; count++)
        {
            executor.Execute(new Mailbox(() => ran.Signal()));
        }

        await Task.Run(() => ran.Wait(TimeSpan.FromSeconds(30)));

        Assert.True(ran.IsSet);
        Assert.NotEmpty(pool);
    }

    [Fact]
    public async Task Mailboxes_run_also_when_other_mailboxes_block_every_thread()
    {
        using var stuck = new ManualResetEventSlim();
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var count = 0; count < 20; count++)
        {
            executor.Execute(new Mailbox(stuck.Wait));
        }

        executor.Execute(new Mailbox(ran.SetResult));

        await ran.Task.WaitAsync(TimeSpan.FromSeconds(30));
        stuck.Set();
    }

    [Fact]
    public async Task A_starved_executor_recovers_each_time()
    {
        for (var round = 0; round < 3; round++)
        {
            var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            executor.Execute(new Mailbox(ran.SetResult));
            await ran.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void A_mailbox_runs_also_after_the_shutdown()
    {
        var ran = false;
        executor.Shutdown();

        executor.Execute(new Mailbox(() => ran = true));
        RunPool();

        Assert.True(ran);
    }

    [Fact]
    public async Task From_many_threads_each_mailbox_runs_once()
    {
        var real = new IoExecutor("real", pump => ThreadPool.UnsafeQueueUserWorkItem(pump, preferLocal: true));
        var counts = new int[40_000];
        using var all = new CountdownEvent(counts.Length);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(() =>
        {
            for (var index = part * 5000; index < (part + 1) * 5000; index++)
            {
                var own = index;
                real.Execute(new Mailbox(() =>
                {
                    Interlocked.Increment(ref counts[own]);
                    all.Signal();
                }));
            }
        })));

        await Task.Run(() => all.Wait(TimeSpan.FromSeconds(30)));
        real.Shutdown();

        Assert.All(counts, count => Assert.Equal(1, count));
    }

    private void RunPool()
    {
        while (pool.TryDequeue(out var pump))
        {
            pump.Execute();
        }
    }

    private sealed class Mailbox(Action run) : IRunnable
    {
        public void Run() => run();

        public void Execute() => Run();
    }
}
