using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Volumes that are frozen; the names are those of DRBD's tests.</summary>
public sealed class FreezeScenarios
{
    private static readonly TimeSpan SnapshotTime = TimeSpan.FromSeconds(5);

    /// <summary>I/O is suspended and resumed. Here operations that arrive during a freeze are held, those in flight end
    /// before it, and a leg that is lost meanwhile returns after it.</summary>
    [Fact]
    public void Suspend_io()
    {
        var (scenario, writer) = Scenario.Open();
        var before = scenario.Submit(writer);
        writer.Take(() => writer.Freeze.Begin(SnapshotTime));
        var during = scenario.Submit(writer);
        scenario.Ends(before, OperationOutcome.Ok);
        scenario.Member(2).StopProcess();
        scenario.Member(2).StartProcess();
        scenario.Until(() =>
        {
            Assert.True(during.Outcome is null || !writer.Freeze.IsFrozen);
            return writer.Freeze.Valid == 1;
        });
        scenario.Ends(during, OperationOutcome.Ok);
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, during);
    }

    /// <summary>Snapshots of all nodes are taken under load. Here they are equal, and hold every acknowledged write and
    /// none that was held.</summary>
    [Fact]
    public void Consistent_snapshots()
    {
        var (scenario, writer) = Scenario.Open();
        for (var round = 0; round < 10; round++)
        {
            var writes = Enumerable.Range(0, 10).Select(i => scenario.Submit(writer, 100 * i)).ToArray();
            scenario.Pass(0.01 * round);
            writer.Take(() => writer.Freeze.Begin(SnapshotTime));
            var held = scenario.Submit(writer, 50);
            scenario.Until(() => writer.Freeze.Valid == round + 1);
            Assert.All(writes, write => Assert.Equal(OperationOutcome.Ok, write.Outcome));
            scenario.Ends(held, OperationOutcome.Ok);
        }
    }

    /// <summary>Another writer takes a frozen volume over: its snapshots are not valid.</summary>
    [Fact]
    public void Snapshots_of_a_volume_that_was_taken_over_are_not_valid()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer);
        writer.Take(() => writer.Freeze.Begin(TimeSpan.FromSeconds(15)));
        scenario.Pass(1);
        scenario.Cut(writer, 0, 1, 2);
        var next = scenario.Start(host: 1);
        scenario.Do(next);
        scenario.Restore(writer, 0, 1, 2);
        scenario.Until(() => !writer.Freeze.IsFrozen);
        Assert.Equal(0, writer.Freeze.Valid);
        scenario.ComesToOrder(next);
    }
}
