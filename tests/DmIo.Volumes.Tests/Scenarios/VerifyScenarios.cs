using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Legs are compared; the names are those of DRBD's tests.</summary>
public sealed class VerifyScenarios
{
    /// <summary>An online verify finds blocks that differ. Here the leg that differs from most leaves S, and returns
    /// when its regions were copied to it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Verify(int rotten)
    {
        var (scenario, writer) = Scenario.Open();
        var write = scenario.Do(writer, 0, 1000);
        scenario.Volume.Rot.Data(scenario.Member(rotten), 500);
        scenario.Volume.Rot.Data(scenario.Member(rotten), 10_000);
        writer.Verification.Begin();
        scenario.Until(() => !writer.State.InSync[rotten]);
        scenario.Until(() => writer.Verification.Pass!.IsEnded);
        scenario.ComesToOrder(writer);
        Assert.Equal(2, writer.Verification.Reported(ofMinority: true).Count);
        Assert.True(writer.Verification.FindDifferences().IsEmpty);
        scenario.Reads(writer, write);
    }

    /// <summary>With two legs, it is unknown which one is correct: differences are reported, and not
    /// repaired.</summary>
    [Fact]
    public void Verify_with_two_legs()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 2, Witnesses = 1 });
        scenario.Do(writer, 0, 1000);
        scenario.Volume.Rot.Data(scenario.Member(1), 500);
        writer.Verification.Begin();
        scenario.Until(() =>
        {
            Assert.Equal(MemberSet.FirstMembers(2), writer.State.InSync);
            return writer.Verification.Pass!.IsEnded;
        });
        Assert.True(writer.Verification.Reported(ofMinority: false).SetEquals(writer.Verification.FindDifferences()));
        Assert.Equal(1, writer.Verification.FindDifferences().Count);
    }

    /// <summary>The target of a verify becomes inconsistent. Here a leg is lost while it is compared, misses writes,
    /// and is copied to: the pass ends, and finds no difference except the data that has rotted.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    [InlineData(500)]
    public void Verify_target_becomes_inconsistent(int milliseconds)
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer, 0, 1000);
        scenario.Volume.Rot.Data(scenario.Member(0), 12_000);
        writer.Verification.Begin();
        scenario.Pass(milliseconds / 1000.0);
        scenario.Member(2).StopProcess();
        var write = scenario.Do(writer, 3000, 2000);
        scenario.Member(2).StartProcess();
        scenario.Until(() => writer.State.Legs[2].Phase == LegPhase.Syncing);
        scenario.Until(() => writer.Verification.Pass!.IsEnded);
        scenario.ComesToOrder(writer);
        writer.Verification.Begin();
        scenario.Until(() => writer.Verification.Pass!.IsEnded);
        scenario.ComesToOrder(writer);
        Assert.True(writer.Verification.FindDifferences().IsEmpty);
        scenario.Reads(writer, write);
    }
}
