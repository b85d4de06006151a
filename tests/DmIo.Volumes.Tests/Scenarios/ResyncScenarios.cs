using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Legs that return to S; the names are those of DRBD's tests.</summary>
public sealed class ResyncScenarios
{
    /// <summary>A primary that wrote nothing since it was in order crashes: no resync is needed. Here the record is
    /// clean, and nothing is unresolved.</summary>
    [Fact]
    public void Lost_primary_after_no_writes()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer);
        scenario.ComesToOrder(writer);
        scenario.Volume.Crash(writer);
        scenario.Pause();
        var next = scenario.Start(host: 1);
        Assert.True(next.State.Unresolved.IsEmpty);
        Assert.All(next.State.Legs, leg => Assert.True(leg.Missed.IsEmpty));
        scenario.Resume();
        scenario.ComesToOrder(next);
    }

    /// <summary>After a crash of the primary, what it was writing is resynchronized. Here a write that reached one leg
    /// is on all legs afterwards, or on none, and only its extent is resolved.</summary>
    [Fact]
    public void Resync_after_primary_crash()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer);
        scenario.Member(1).Device.Hang();
        var write = scenario.Submit(writer);
        scenario.Pass(1);
        scenario.Volume.Crash(writer);
        scenario.Member(1).Device.Release();
        scenario.Pause();
        var next = scenario.Start(host: 1);
        Assert.Equal(64, next.State.Unresolved.Count);
        var read = scenario.Do(next, write.Start, write.Count, IoOperation.Read);
        scenario.Resume();
        scenario.ComesToOrder(next);
        Assert.Equal(read.Found, scenario.Do(next, write.Start, write.Count, IoOperation.Read).Found);
    }

    /// <summary>Nodes that missed different writes under different primaries are reconciled. Here the missed maps of
    /// both writers count.</summary>
    [Fact]
    public void Resync_reconciliation()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 3, Witnesses = 2 });
        scenario.Member(2).StopProcess();
        var first = scenario.Do(writer, 0);
        scenario.Volume.Crash(writer);
        scenario.Member(1).StopProcess();
        var next = scenario.Start(host: 1);
        var second = scenario.Do(next, 1000);
        scenario.Member(1).StartProcess();
        scenario.Member(2).StartProcess();
        scenario.ComesToOrder(next);
        scenario.Reads(next, first);
        scenario.Reads(next, second);
    }

    /// <summary>A resync is interrupted in several ways. Here it goes on in each case, and ends.</summary>
    [Theory]
    [InlineData("the connection of the target")]
    [InlineData("the power of the target")]
    [InlineData("the process of the source")]
    [InlineData("the writer")]
    [InlineData("the writer and the target")]
    public void Resync_interrupt_variants(string interrupted)
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer, kind: IoOperation.Read);
        scenario.Member(2).StopProcess();
        var write = scenario.Do(writer, 0, SimulationOptions.SectorsPerExtent);
        scenario.Member(2).StartProcess();
        scenario.Until(() => writer.State.Legs[2].Phase == LegPhase.Syncing && writer.Core.CopyCount > 0);
        switch (interrupted)
        {
            case "the connection of the target":
                scenario.Volume.Disconnect(scenario.Member(2));
                break;
            case "the power of the target":
                scenario.Member(2).LosePower();
                break;
            case "the process of the source":
                scenario.Member(writer.State.Live.First).StopProcess();
                break;
            default:
                scenario.Volume.Crash(writer);
                break;
        }

        if (interrupted == "the writer and the target")
        {
            scenario.Member(2).StopProcess();
        }

        var last = writer.IsDead ? scenario.Start(host: 1) : writer;
        foreach (var member in scenario.Volume.Members)
        {
            member.StartProcess();
        }

        scenario.ComesToOrder(last);
        scenario.Reads(last, write);
    }

    /// <summary>The source of a resync becomes a target later. Here the leg that was copied from is lost, misses
    /// writes, and gets them from the leg that was copied to.</summary>
    [Fact]
    public void Resync_source_becomes_target()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 2, Witnesses = 1 });
        scenario.Member(1).StopProcess();
        var first = scenario.Do(writer, 0);
        scenario.Member(1).StartProcess();
        scenario.ComesToOrder(writer);
        scenario.Member(0).StopProcess();
        var second = scenario.Do(writer, 1000);
        Assert.Equal(MemberSet.Of(1), writer.State.InSync);
        scenario.Member(0).StartProcess();
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, first);
        scenario.Reads(writer, second);
    }

    /// <summary>Writes during a paused resync reach the target, or are copied later. Here copies stop, and writes to
    /// regions before and after the copied ones are on the leg in the end.</summary>
    [Fact]
    public void Resync_write_during_pause()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(2).StopProcess();
        scenario.Do(writer, 0, 4 * SimulationOptions.SectorsPerRegion);
        scenario.Member(2).StartProcess();
        scenario.Until(() => writer.State.Legs[2].Phase == LegPhase.Syncing);
        scenario.Pause();
        var writes = ((int[])[5, 300, 1000]).Select(start => scenario.Do(writer, start)).ToArray();
        scenario.Resume();
        scenario.ComesToOrder(writer);
        Array.ForEach(writes, one => scenario.Reads(writer, one));
    }

    /// <summary>A target is interrupted, and the next resync finds older data on it. Here each interruption leaves the
    /// leg Inconsistent, and nothing is served from it before the end.</summary>
    [Fact]
    public void Resync_to_older()
    {
        var (scenario, writer) = Scenario.Open();
        for (var round = 0; round < 3; round++)
        {
            scenario.Member(2).StopProcess();
            scenario.Do(writer, round * 500, 200);
            scenario.Member(2).StartProcess();
            scenario.Until(() => writer.State.Legs[2].Phase == LegPhase.Syncing);
            scenario.Member(2).LosePower();
            Assert.Equal(LegState.Inconsistent, scenario.Member(2).Superblock.State);
            Assert.False(writer.State.InSync[2]);
        }

        scenario.Member(2).StartProcess();
        scenario.ComesToOrder(writer);
    }

    /// <summary>The volume is written all the time while it resynchronizes. Here every write is Ok, also to regions
    /// that are being copied, and the leg returns.</summary>
    [Fact]
    public void Busy_resync()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(2).StopProcess();
        scenario.Do(writer, 0, SimulationOptions.SectorsPerExtent);
        scenario.Member(2).StartProcess();
        var written = 0;
        while (!writer.State.InSync[2])
        {
            scenario.Do(writer, written * 37 % SimulationOptions.SectorsPerExtent, 8);
            Assert.InRange(++written, 1, 500);
        }

        scenario.ComesToOrder(writer);
    }

    /// <summary>A write during a resync is on the target when it is acknowledged, or known to be missed. Here it is on
    /// the leg that returns, before the region is copied.</summary>
    [Fact]
    public void Write_during_resync()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(2).StopProcess();
        scenario.Do(writer, 0, 200);
        scenario.Member(2).StartProcess();
        scenario.Until(() => writer.State.Legs[2].Phase == LegPhase.Syncing);
        scenario.Pause();
        var write = scenario.Do(writer, 900);
        Assert.Same(write.Content, scenario.Member(2).Device.Disk[scenario.Member(2).DataStart + 900]);
        scenario.Resume();
        scenario.ComesToOrder(writer);
    }

    /// <summary>A short interruption leaves no block out of sync. Here what was acknowledged but not flushed on a leg
    /// that lost its power is copied again.</summary>
    [Fact]
    public void Brief_resync_oos()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Pause();
        var writes = Enumerable.Range(0, 10).Select(i => scenario.Do(writer, i * 128)).ToArray();
        scenario.Member(1).LosePower();
        scenario.Member(1).StartProcess();
        scenario.Resume();
        scenario.ComesToOrder(writer);
        Array.ForEach(writes, one => Assert.Same(
            one.Content, scenario.Member(1).Device.Disk[scenario.Member(1).DataStart + one.Start]));
        Assert.True(writer.State.Legs[1].Missed.IsEmpty);
    }

    /// <summary>The source of a resync is lost, and another one takes its place. Here the copies go on from another leg
    /// of S.</summary>
    [Fact]
    public void Switch_sync_source()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(2).StopProcess();
        var write = scenario.Do(writer, 0, SimulationOptions.SectorsPerExtent);
        scenario.Member(2).StartProcess();
        scenario.Until(() => writer.Core.CopyCount > 0);
        scenario.Member(0).StopProcess();
        scenario.Until(() => writer.State.InSync == new MemberSet(0b110));
        scenario.Reads(writer, write);
        scenario.Member(0).StartProcess();
        scenario.ComesToOrder(writer);
    }

    /// <summary>The number of resyncs at once is limited, and all end. Here two legs return together, with a bounded
    /// number of copies.</summary>
    [Fact]
    public void Max_parallel_resyncs()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 3, Witnesses = 2 });
        scenario.Member(1).StopProcess();
        scenario.Member(2).StopProcess();
        scenario.Do(writer, 0, SimulationOptions.SectorsPerExtent);
        scenario.Member(1).StartProcess();
        scenario.Member(2).StartProcess();
        var most = 0;
        scenario.Until(() =>
        {
            most = Math.Max(most, writer.Core.CopyCount);
            return writer.State.InSync == scenario.AllLegs;
        });
        Assert.InRange(most, 1, 4);
        scenario.ComesToOrder(writer);
    }

    /// <summary>A node whose metadata was created again gets everything. Here that is a leg that was blank when the
    /// volume was created.</summary>
    [Fact]
    public void Recreate_node_day0()
    {
        var scenario = new Scenario(new SimulationOptions { Blank = new MemberSet(0b110) });
        var writer = scenario.Start();
        Assert.Equal(MemberSet.Of(0), writer.State.InSync);
        var write = scenario.Do(writer, 0, 300);
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
        Assert.All(scenario.Volume.Legs, leg => Assert.Equal(LegState.InSync, leg.Superblock.State));
    }
}
