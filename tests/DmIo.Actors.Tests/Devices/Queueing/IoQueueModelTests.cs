using DmIo.Actors.Scheduling;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>
/// Compares the queue with a naive model over random histories: add, take, complete, write, retry and withdraw (with
/// and without notification of the queue) at any moment.
/// </summary>
public sealed class IoQueueModelTests
{
    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Deadline)]
    [InlineData(SchedulingPolicy.Fifo)]
    internal void R20_the_queue_gives_out_what_its_definition_allows_and_nothing_else(SchedulingPolicy policy)
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var history = new QueueHistory(seed, policy);
            for (var step = 0; step < 300; step++)
            {
                history.Step();
            }

            history.Finish();
        }).QuickCheckThrowOnFailure();
    }
}
