// A thread pool full of blocked work delays actors; it must not stop them for ever.
// Runs alone: it would starve the specifications beside it.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Dispatching;

[CollectionDefinition(nameof(FullThreadPoolSpecs), DisableParallelization = true)]
public sealed class FullThreadPoolGroup;

[Collection(nameof(FullThreadPoolSpecs))]
public sealed class FullThreadPoolSpecs : Specification
{
    private const int MoreThanAnyPoolStartsAtOnce = 500;
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Actors_asks_and_timers_go_on_while_every_pool_thread_is_blocked()
    {
        using var gate = new ManualResetEvent(initialState: false); // The pool does not notice who waits for it.
        var blockers = FillThePool(gate);
        try
        {
            var echo = StartEcho();
            Assert.Equal("asked", await echo.Ask<string>("asked", Generous));
            Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(1), TestActor, "scheduled", ActorRefs.NoSender);
            await ExpectMsgAsync("scheduled", Generous);
            var first = Enumerable.Range(0, 20)
                .Aggregate(TestActor, (next, _) => Start((_, message) => next.Tell(message)));
            first.Tell("through them all");
            await ExpectMsgAsync("through them all", Generous);
        }
        finally
        {
            gate.Set();
            await Task.WhenAll(blockers);
        }
    }

    /// <summary>Blocks one pool thread after another until the pool starts no further one at once.</summary>
    private static List<Task> FillThePool(ManualResetEvent gate)
    {
        var started = new SemaphoreSlim(0);
        var blockers = new List<Task>();
        do
        {
            blockers.Add(Task.Run(() =>
            {
                started.Release();
                gate.WaitOne(Generous);
            }));
        }
        while (started.Wait(Soon) && blockers.Count < MoreThanAnyPoolStartsAtOnce);

        return blockers;
    }
}
