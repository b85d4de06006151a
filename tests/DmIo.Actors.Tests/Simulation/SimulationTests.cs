using Akka.TestKit;
using DmIo.Actors.Tests.Fixtures;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Simulation;

/// <summary>
/// The whole service in one thread, from one seed: every actor runs where it is told to, time is the test's, devices
/// complete in random order. The same seed gives the same run.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output) : ServiceTests(CallingThreadDispatcher.Id)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public Task Every_request_is_answered_once_and_rightly_and_every_page_comes_back(int seed) => RunAsync(seed);

    [Fact]
    public Task It_also_holds_for_a_seed_that_was_never_tried() => RunAsync(Random.Shared.Next());

    private async Task RunAsync(int seed)
    {
        output.WriteLine($"seed {seed}");
        var service = new SimulatedService(this, CallingThreadDispatcher.Id);
        var run = new SimulationRun(service, seed, advance: time => Clock.Advance(time));
        InOneThread(() =>
        {
            for (var step = 0; step < 600; step++)
            {
                run.Step();
                run.CheckPool(isSettled: true);
            }
        });

        await run.FinishAsync();
    }

    /// <summary>Without xunit's synchronization context, to which what a device completes would be posted: another
    /// thread.</summary>
    private static void InOneThread(Action action)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
