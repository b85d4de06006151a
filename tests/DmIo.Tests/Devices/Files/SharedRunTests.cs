using DmIo.Devices;
using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>The inline engine with an owner: the calls of one turn are made by the owner and by a thread of the
/// pool.</summary>
public sealed class SharedRunTests
{
    private const int Calls = 64;

    [Fact]
    public void Each_call_of_a_turn_is_made_once_and_completes_in_this_or_a_later_turn()
    {
        var store = new FakeStore(Calls * 8);
        var made = new int[Calls];
        store.Script = (_, offset) =>
        {
            Interlocked.Increment(ref made[offset / 4096]);
            return null;
        };
        using var woken = new SemaphoreSlim(0);
        var engine = new InlineEngine(store, mapping: null);
        engine.Attach(new DeviceHost(() => woken.Release()));
        for (var round = 1; round <= 200; round++)
        {
            var tasks = Enumerable.Range(0, Calls).Select(index => WriteAsync(engine, index)).ToArray();
            Assert.DoesNotContain(tasks, task => task.IsCompleted);
            for (engine.Poll(); !tasks.All(task => task.IsCompleted); engine.Poll())
            {
                Assert.True(woken.Wait(TimeSpan.FromSeconds(60)));
            }

            Assert.All(tasks, task => Assert.Equal(4096, task.Result.Bytes));
            Assert.All(made, times => Assert.Equal(round, times));
        }
    }

    [Fact]
    public void A_turn_does_not_wait_for_a_blocked_thread_of_the_pool()
    {
        var store = new FakeStore(Calls * 8);
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var woken = new SemaphoreSlim(0);
        var owner = Environment.CurrentManagedThreadId;
        store.Script = (_, _) =>
        {
            if (Environment.CurrentManagedThreadId != owner)
            {
                held.Set();
                release.Wait(TimeSpan.FromSeconds(60));
            }

            return null;
        };
        var engine = new InlineEngine(store, mapping: null);
        engine.Attach(new DeviceHost(() => woken.Release()));
        Task<TransferResult>[] tasks = [];
        for (var round = 0; !held.IsSet && round < 1_000_000; round++)
        {
            tasks = [.. Enumerable.Range(0, Calls).Select(index => WriteAsync(engine, index))];
            engine.Poll();
        }

        if (!held.IsSet)
        {
            Assert.All(tasks, task => Assert.True(task.IsCompleted));
            return;
        }

        release.Set();
        Assert.True(woken.Wait(TimeSpan.FromSeconds(60)));
        engine.Poll();

        Assert.All(tasks, task => Assert.Equal(4096, task.Result.Bytes));
    }

    private static Task<TransferResult> WriteAsync(InlineEngine engine, int index) =>
        engine.WriteAsync(index * 4096L, Bytes.Batch(new byte[4096]), forceUnitAccess: false).AsTask();
}
