using DmIo.Actors.Tests.Fixtures;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>
/// A random load, with deaths of owners and request actors, on the threads of the pool: what a simulation on one thread
/// (tests/DmIo.Simulation) cannot show, such as a race between two turns that run at the same time. What is sent is a
/// function of the seed, when it runs is not. No deadlines: they are the simulation's.
/// </summary>
public sealed class ParallelLoadTests(ITestOutputHelper output) : ServiceTests
{
    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    [InlineData(104)]
    public async Task Every_request_is_answered_once_and_rightly_and_every_page_comes_back(int seed)
    {
        output.WriteLine($"seed {seed}");
        var run = new LoadRun(new LoadService(this), seed);
        for (var step = 0; step < 2000; step++)
        {
            run.Step();
        }

        await run.FinishAsync();
    }
}
