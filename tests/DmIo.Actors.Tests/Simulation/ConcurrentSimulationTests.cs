using DmIo.Actors.Tests.Fixtures;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Simulation;

/// <summary>
/// The same random load with actors on the thread pool: what happens is from the seed, when it happens is not. No
/// deadlines, since time is the test's.
/// </summary>
public sealed class ConcurrentSimulationTests(ITestOutputHelper output) : ServiceTests
{
    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    [InlineData(104)]
    public async Task Every_request_is_answered_once_and_rightly_and_every_page_comes_back(int seed)
    {
        output.WriteLine($"seed {seed}");
        var run = new SimulationRun(new SimulatedService(this, dispatcher: null), seed, advance: null);
        for (var step = 0; step < 2000; step++)
        {
            run.Step();
        }

        await run.FinishAsync();
    }
}
