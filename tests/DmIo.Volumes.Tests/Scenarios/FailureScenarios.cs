using DmIo.Io;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Disks and connections that fail; the names are those of DRBD's tests.</summary>
public sealed class FailureScenarios
{
    /// <summary>A disk with I/O errors is detached, and its node goes on without it. Here the leg leaves S by a record
    /// before the write is Ok, and returns when it works.</summary>
    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Read)]
    public void Io_errors(IoOperation kind)
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(1).Device.Errors[(int)kind] = 1;
        writer.Core.Lease.Preferred = 1;
        var write = scenario.Do(writer);
        scenario.Do(writer, kind: IoOperation.Flush);
        scenario.Reads(writer, write);
        Assert.Equal(kind == IoOperation.Read, writer.State.InSync[1]);
        scenario.Member(1).Device.Errors[(int)kind] = 0;
        scenario.ComesToOrder(writer);
    }

    /// <summary>A disk that does not answer is given up after a time-out. Here that ends the write that waits for it,
    /// and the leg returns after its old I/O has ended.</summary>
    [Fact]
    public void Disk_timeout()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer);
        scenario.Member(2).Device.Hang();
        var write = scenario.Submit(writer);
        scenario.Pass(4);
        Assert.Null(write.Outcome);
        scenario.Ends(write, OperationOutcome.Ok);
        Assert.False(writer.State.InSync[2]);
        scenario.Member(2).Device.Release();
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
    }

    /// <summary>A detach is interrupted while I/O is in flight. Here the leg is not used again before the I/O of its
    /// last grant has ended.</summary>
    [Fact]
    public void Interrupt_detach()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Do(writer);
        scenario.Pause();
        scenario.Submit(writer);
        scenario.Until(() => writer.OldestOn(1) > TimeSpan.Zero);
        scenario.Member(1).Device.Hang();
        writer.Take(() => writer.Core.LegLost(1, writer.Now));
        scenario.Resume();
        scenario.Pass(30);
        Assert.Equal(LegPhase.Absent, writer.State.Legs[1].Phase);
        Assert.True(scenario.Member(1).Grant is { IsCut: true });
        scenario.Member(1).Device.Release();
        scenario.ComesToOrder(writer);
    }

    /// <summary>A connection is lost while it is made. Here a leg is lost at each stage of its return.</summary>
    [Fact]
    public void Connect_abort()
    {
        var (scenario, writer) = Scenario.Open();
        foreach (var stage in (LegPhase[])
            [
                LegPhase.Attaching, LegPhase.ReadingMaps, LegPhase.WritingMissed, LegPhase.Marking, LegPhase.Syncing,
            ])
        {
            scenario.Member(2).StopProcess();
            scenario.Do(writer, (int)stage * 200);
            scenario.Member(2).StartProcess();
            scenario.Until(() => writer.State.Legs[2].Phase == stage);
            writer.Take(() => writer.Core.LegLost(2, writer.Now));
        }

        scenario.ComesToOrder(writer);
    }

    /// <summary>Both sides drop their connections at the same time. Here the writer loses all legs at once, takes the
    /// volume over from itself, and ends its writes.</summary>
    [Fact]
    public void Concurrent_disconnect()
    {
        var (scenario, writer) = Scenario.Open();
        var write = scenario.Submit(writer);
        scenario.Cut(writer, 0, 1, 2);
        foreach (var leg in scenario.AllLegs)
        {
            writer.Take(() => writer.Core.LegLost(leg, writer.Now));
        }

        scenario.Restore(writer, 0, 1, 2);
        scenario.Ends(write, OperationOutcome.Ok);
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
    }

    /// <summary>The activity log is used up by writes to many extents. Here every extent that was hot at a crash is
    /// resolved, and none that was never written.</summary>
    [Fact]
    public void Stress_al()
    {
        const int Extents = 6;
        var (scenario, writer) = Scenario.Open(
            new SimulationOptions { Sectors = (Extents + 2) * SimulationOptions.SectorsPerExtent });
        scenario.Pause();
        for (var round = 0; round < 3; round++)
        {
            var writes = Enumerable.Range(0, Extents)
                .Select(i => scenario.Submit(writer, (i * SimulationOptions.SectorsPerExtent) + round)).ToArray();
            Array.ForEach(writes, one => scenario.Ends(one, OperationOutcome.Ok));
        }

        scenario.Volume.Crash(writer);
        var next = scenario.Start(host: 1);
        Assert.Equal(64 * Extents, next.State.Unresolved.Count);
        scenario.Resume();
        scenario.ComesToOrder(next);
    }

    /// <summary>Requests have unusual sizes and places. Here they touch parts of regions, the borders of regions and
    /// extents, and the end of the volume within a region.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(127, 2)]
    [InlineData(1, 300)]
    [InlineData(SimulationOptions.SectorsPerExtent - 1, 2)]
    [InlineData(SimulationOptions.SectorsPerExtent + 200, 5)]
    [InlineData(0, SimulationOptions.SectorsPerExtent + 205)]
    public void Unusual_bios(int start, int count)
    {
        var (scenario, writer) = Scenario.Open(
            new SimulationOptions { Sectors = SimulationOptions.SectorsPerExtent + 205 });
        scenario.Member(1).StopProcess();
        var write = scenario.Do(writer, start, count);
        scenario.Member(1).StartProcess();
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
    }

    /// <summary>Discards smaller than a bit of the bitmap must not clear it. Here zeroes that cover a part of a region
    /// reach a leg that was away, and leave the rest of the region alone.</summary>
    [Fact]
    public void Discard_granularity()
    {
        var (scenario, writer) = Scenario.Open();
        var write = scenario.Do(writer, 0, 256);
        scenario.Member(2).StopProcess();
        var zeroes = scenario.Do(writer, 120, 20, IoOperation.WriteZeroes);
        scenario.Member(2).StartProcess();
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, zeroes);
        var read = scenario.Do(writer, 0, 256, IoOperation.Read);
        Assert.Equal(236, read.Found.Count(sector => sector == write.Content));
    }
}
