using System.Collections.Concurrent;
using Akka.Dispatch;
using DmIo.Actors.Dispatch;
using Xunit;

namespace DmIo.Actors.Tests.Dispatch;

/// <summary>The executor on thread pools of the test: the work items that it queues, and its fallback if the pool never
/// runs them. After the shutdown it has no threads, so only the test runs mailboxes.</summary>
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
        executor.Shutdown();
        foreach (var number in Enumerable.Range(0, 200))
        {
            executor.Execute(new Mailbox(() => ran.Add(number)));
        }

        RunPool();

        Assert.Equal(Enumerable.Range(0, 200), ran);
    }

    [Fact]
    public void The_pools_queue_stays_bounded_and_every_mailbox_runs()
    {
        var ran = 0;
        executor.Shutdown();
        for (var count = 0; count < 10_000; count++)
        {
            executor.Execute(new Mailbox(() => ran++));
        }

        Assert.InRange(pool.Count, 1, 5000);
        RunPool();
        Assert.Equal(10_000, ran);
    }

    [Fact]
    public void A_mailbox_scheduled_by_another_runs_too()
    {
        var ran = new TaskCompletionSource();
        executor.Shutdown();
        executor.Execute(new Mailbox(() => executor.Execute(new Mailbox(ran.SetResult))));

        RunPool();

        Assert.True(ran.Task.IsCompleted);
    }

    [Fact]
    public async Task Mailboxes_run_when_the_pool_has_no_thread()
    {
        var ran = new CountdownEvent(10_000);
        for (var count = 0; count < 10_000; count++)
        {
            executor.Execute(new Mailbox(() => ran.Signal()));
        }

        await Task.Run(() => ran.Wait(TimeSpan.FromSeconds(30)));

        Assert.True(ran.IsSet);
    }

    [Fact]
    public async Task Mailboxes_run_when_other_mailboxes_block_every_thread()
    {
        using var stuck = new ManualResetEventSlim();
        var ended = new CountdownEvent(20);
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var count = 0; count < 20; count++)
        {
            executor.Execute(new Mailbox(() =>
            {
                stuck.Wait();
                ended.Signal();
            }));
        }

        executor.Execute(new Mailbox(ran.SetResult));

        await ran.Task.WaitAsync(TimeSpan.FromSeconds(30));
        stuck.Set();
        await Task.Run(() => ended.Wait(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Mailboxes_run_when_no_helper_thread_can_be_created_for_a_while()
    {
        const int Refusals = 100;
        var attempts = 0;
        Exception fault = new InsufficientMemoryException("The system has no thread.");
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var starved = new IoExecutor("starved", pool.Enqueue, help =>
        {
            if (++attempts <= Refusals)
            {
                throw fault;
            }

            new Thread(help) { IsBackground = true }.Start();
        });

        starved.Execute(new Mailbox(ran.SetResult));

        await ran.Task.WaitAsync(TimeSpan.FromSeconds(30));
        starved.Shutdown();
        Assert.InRange(attempts, Refusals + 1, int.MaxValue);
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
    public void A_mailbox_runs_after_the_shutdown()
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
        var real = new IoExecutor("real", work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
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
        while (pool.TryDequeue(out var work))
        {
            work.Execute();
        }
    }

    private sealed class Mailbox(Action run) : IRunnable
    {
        public void Run() => run();

        public void Execute() => Run();
    }
}
