using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>A simulated volume whose faults and operations come from a test. Each member has a host of its own; hosts 0
/// and 1 are for writers. The invariants of the simulation are checked all the time.</summary>
internal sealed class Scenario
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    internal Scenario(SimulationOptions? options = null)
    {
        Volume = new SimulatedVolume((options ?? new SimulationOptions()) with
        {
            Seed = 1,
            IsRemote = true,
            Hosts = 2,
            Users = 0,
            WorkPerTick = 0,
        });
        Volume.IsHealing = true;
    }

    internal SimulatedVolume Volume { get; }

    internal MemberSet AllLegs => Volume.Newest.Configuration.Legs;

    /// <summary>A scenario with a writer that serves.</summary>
    internal static (Scenario Scenario, SimulatedWriter Writer) Open(SimulationOptions? options = null)
    {
        var scenario = new Scenario(options);
        return (scenario, scenario.Start());
    }

    internal SimulatedMember Member(int number) => Volume.Member(number);

    /// <summary>A writer takes the volume over.</summary>
    internal SimulatedWriter Start(int host = 0)
    {
        var writer = Volume.Start(host);
        Until(() => writer.State.IsActive);
        return writer;
    }

    /// <summary>Work in the background stops.</summary>
    internal void Pause() => Volume.IsHealing = false;

    internal void Resume() => Volume.IsHealing = true;

    internal UserOperation Submit(
        SimulatedWriter writer, int start = 0, int count = 8, IoOperation kind = IoOperation.Write, ulong session = 0)
    {
        var user = new UserOperation(kind, kind == IoOperation.Flush ? 0 : start, kind == IoOperation.Flush ? 0 : count)
        {
            Content = kind == IoOperation.Write ? Volume.NextContent() : null,
            Session = session,
        };
        writer.Take(() => writer.Submit(user));
        return user;
    }

    /// <summary>Submits an operation, and runs until it is Ok.</summary>
    internal UserOperation Do(
        SimulatedWriter writer, int start = 0, int count = 8, IoOperation kind = IoOperation.Write)
    {
        var user = Submit(writer, start, count, kind);
        Ends(user, OperationOutcome.Ok);
        return user;
    }

    internal void Ends(UserOperation user, params OperationOutcome[] expected)
    {
        Until(() => user.Outcome is not null);
        Assert.Contains(user.Outcome!.Value, expected);
    }

    /// <summary>A read returns what an operation wrote.</summary>
    internal void Reads(SimulatedWriter writer, UserOperation written)
    {
        var read = Do(writer, written.Start, written.Count, IoOperation.Read);
        Assert.All(read.Found, found => Assert.Same(written.Content, found));
    }

    /// <summary>The network between a writer and members is cut.</summary>
    internal void Cut(SimulatedWriter writer, params int[] members) => SetCut(writer, members, cuts: true);

    internal void Restore(SimulatedWriter writer, params int[] members) => SetCut(writer, members, cuts: false);

    internal void Pass(double seconds)
    {
        Volume.RunUntil(() => false, TimeSpan.FromSeconds(seconds));
        Assert.Null(Volume.Violation);
    }

    internal void Until(Func<bool> condition)
    {
        var holds = Volume.RunUntil(condition, Limit);
        Assert.Null(Volume.Violation);
        Assert.True(holds, "it does not happen within the limit");
    }

    /// <summary>All legs come to S, hold the same data, and the record becomes clean.</summary>
    internal void ComesToOrder(SimulatedWriter writer)
    {
        Until(() => writer.State is { IsActive: true, IsFenced: false, Chosen.IsClean: true, Proposed: null }
            && writer.State.Live == AllLegs && writer.State.InSync == AllLegs);
        Volume.Checks.CheckWriters();
        Assert.Null(Volume.Violation);
        var all = new RegionRange(0, writer.State.Regions);
        foreach (var leg in AllLegs)
        {
            Assert.True(Volume.Checks.AreEqual(
                Member(AllLegs.First), Member(leg), all, writer.State.Chosen.Size));
        }
    }

    private void SetCut(SimulatedWriter writer, int[] members, bool cuts)
    {
        foreach (var member in members)
        {
            Volume.Cut(writer.Host, Member(member).Host, cuts);
        }
    }
}
