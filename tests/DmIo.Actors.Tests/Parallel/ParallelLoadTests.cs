using DmIo.Actors.Tests.Fixtures;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>
/// A random load, with deaths of owners and request actors, on the threads of the pool. It finds races between
/// concurrent turns, which a simulation on one thread (tests/DmIo.Simulation) cannot show. The requests are determined
/// by the seed, their timing is not. Deadlines are left to the simulation.
/// </summary>
public sealed class ParallelLoadTests(ITestOutputHelper output) : ServiceTests
{
    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    [InlineData(104)]
    public async Task Every_request_has_one_correct_outcome_and_every_page_is_returned(int seed)
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
