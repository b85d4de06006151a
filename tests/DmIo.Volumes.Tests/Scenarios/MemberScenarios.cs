using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Members that are added and replaced; the names are those of DRBD's tests. Their devices hold old
/// data.</summary>
public sealed class MemberScenarios
{
    /// <summary>A disk is added to a node that had none since the first day of the volume. Here a leg that is added
    /// gets all data, including zeroes that were never written, and every write meanwhile; after a crash it is used
    /// only when it is in sync.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(100)]
    [InlineData(300)]
    [InlineData(1000)]
    public void Day0_add_disk(int milliseconds)
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 2, Witnesses = 1 });
        var before = scenario.Do(writer, 1000);
        writer.Take(() => Assert.Equal(2, new VoterChanges(scenario.Volume, writer).Add(isWitness: false)));
        var during = scenario.Submit(writer, 3000);
        scenario.Pass(milliseconds / 1000.0);
        scenario.Volume.Crash(writer);
        var next = scenario.Start(host: 1);
        scenario.ComesToOrder(next);
        if (!scenario.AllLegs[2])
        {
            next.Take(() => Assert.Equal(2, new VoterChanges(scenario.Volume, next).Add(isWitness: false)));
            scenario.Until(() => scenario.AllLegs[2]);
            scenario.ComesToOrder(next);
        }

        scenario.Member(0).StopProcess();
        scenario.Member(1).StopProcess();
        scenario.Member(1).StartProcess();
        scenario.Reads(next, before);
        Assert.All(scenario.Do(next, 5000, 100, IoOperation.Read).Found, Assert.Null);
        Assert.True(during.Outcome is null or OperationOutcome.Ok);
    }

    /// <summary>A leg that is replaced stays in the in-sync set until the new leg is in sync.</summary>
    [Fact]
    public void Replace_disk()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 2 });
        var write = scenario.Do(writer);
        var changes = new VoterChanges(scenario.Volume, writer);
        writer.Take(() => Assert.Equal(2, changes.Replace(0)));
        scenario.Until(() =>
        {
            Assert.True(writer.State.InSync.Count >= 2 || !writer.State.Chosen.Configuration.New[0]);
            writer.Take(changes.Tick);
            return writer.State.Chosen is { Configuration.IsJoint: false } chosen && !chosen.Configuration.Voters[0];
        });
        scenario.ComesToOrder(writer);
        Assert.Equal(MemberSet.Of(1).With(2), scenario.AllLegs);
        scenario.Reads(writer, write);
    }
}
