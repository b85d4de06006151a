using DmIo.Io;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Volumes that grow; the names are those of DRBD's tests. The legs hold old data beyond the end of the
/// volume.</summary>
public sealed class ResizeScenarios
{
    private const int Sectors = SimulationOptions.SectorsPerRegion + 5;
    private const int Room = SimulationOptions.SectorsPerExtent + 77;

    private static readonly SimulationOptions Growable = new() { Sectors = Sectors, MaxSectors = Room };

    /// <summary>A device is resized on all nodes. Here the new area reads as zeroes, also after a take-over, and holds
    /// what is written to it.</summary>
    [Fact]
    public void Resize()
    {
        var (scenario, writer) = Scenario.Open(Growable);
        var before = scenario.Do(writer, Sectors - 4, 4);
        Grow(scenario, writer, Room);
        scenario.Until(() => HasGrown(writer));
        var zeroes = scenario.Do(writer, Sectors, Room - Sectors, IoOperation.Read);
        Assert.All(zeroes.Found, Assert.Null);
        var after = scenario.Do(writer, Room - 4, 4);
        scenario.Volume.Crash(writer);
        var next = scenario.Start(host: 1);
        Assert.True(HasGrown(next));
        scenario.Reads(next, before);
        scenario.Reads(next, after);
        scenario.ComesToOrder(next);
    }

    /// <summary>A crash during a resize. Here the next writer has the old size or the new one, and the volume comes to
    /// order with either.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(400)]
    public void Resize_with_a_crash(int milliseconds)
    {
        var (scenario, writer) = Scenario.Open(Growable);
        scenario.Do(writer);
        Grow(scenario, writer, Room);
        scenario.Pass(milliseconds / 1000.0);
        scenario.Volume.Crash(writer);
        var next = scenario.Start(host: 1);
        scenario.ComesToOrder(next);
        Grow(scenario, next, Room);
        scenario.Until(() => HasGrown(next));
        scenario.ComesToOrder(next);
        Assert.All(scenario.Do(next, Sectors, 100, IoOperation.Read).Found, Assert.Null);
    }

    /// <summary>A node connects while a resize is in progress. Here a leg that returns meanwhile gets the zeroes or a
    /// copy of them, and the volume grows.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(100)]
    public void Attach_while_connected_resize(int milliseconds)
    {
        var (scenario, writer) = Scenario.Open(Growable);
        scenario.Member(2).StopProcess();
        var write = scenario.Do(writer, Sectors - 4, 4);
        Grow(scenario, writer, Room);
        scenario.Pass(milliseconds / 1000.0);
        scenario.Member(2).StartProcess();
        scenario.Until(() => HasGrown(writer));
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
        Assert.All(scenario.Do(writer, Sectors, Room - Sectors, IoOperation.Read).Found, Assert.Null);
    }

    /// <summary>Nodes whose disks have different sizes connect. Here a leg that is too small for the volume does not
    /// return, and returns when it has the room; the volume does not grow beyond a leg.</summary>
    [Fact]
    public void Connect_differing_sizes()
    {
        var (scenario, writer) = Scenario.Open(Growable);
        var wanted = SimulatedVolume.SizeOf(Room);
        writer.Take(() =>
        {
            writer.Core.Confirm(0, wanted);
            writer.Core.Confirm(1, wanted);
            writer.Core.Confirm(2, SimulatedVolume.SizeOf(Room - 1));
            Assert.False(writer.Core.Grow(wanted, writer.Now));
            Assert.True(writer.Core.Grow(SimulatedVolume.SizeOf(Room - 1), writer.Now));
        });
        scenario.Until(() => writer.State.Chosen.Size == SimulatedVolume.SizeOf(Room - 1));
        scenario.Member(2).StopProcess();
        scenario.Do(writer);
        writer.Take(() => writer.Core.Confirm(2, SimulatedVolume.SizeOf(Sectors)));
        scenario.Member(2).StartProcess();
        scenario.Pass(20);
        Assert.Equal(LegPhase.Absent, writer.State.Legs[2].Phase);
        writer.Take(() => writer.Core.Confirm(2, wanted));
        scenario.ComesToOrder(writer);
    }

    private static bool HasGrown(SimulatedWriter writer) =>
        writer.State.IsActive && writer.State.Chosen.Size == SimulatedVolume.SizeOf(Room);

    private static void Grow(Scenario scenario, SimulatedWriter writer, int sectors) => writer.Take(() =>
    {
        foreach (var leg in scenario.AllLegs)
        {
            writer.Core.Confirm(leg, SimulatedVolume.SizeOf(sectors));
        }

        if (writer.State.Chosen.Size < SimulatedVolume.SizeOf(sectors))
        {
            Assert.True(writer.Core.Grow(SimulatedVolume.SizeOf(sectors), writer.Now));
        }
    });
}
