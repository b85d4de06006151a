using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Simulation;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Scenarios;

/// <summary>Quorums and partitions; the names are those of DRBD's tests.</summary>
public sealed class QuorumScenarios
{
    /// <summary>A node without a quorum suspends I/O. Here writes wait, and end when a quorum is back.</summary>
    [Fact]
    public void Quorum()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Cut(writer, 1, 2);
        var write = scenario.Submit(writer);
        scenario.Pass(20);
        Assert.Null(write.Outcome);
        scenario.Restore(writer, 1);
        scenario.Ends(write, OperationOutcome.Ok);
        scenario.Restore(writer, 2);
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
    }

    /// <summary>A diskless tiebreaker keeps the quorum when one of two disks is lost. Here that is a witness; without
    /// it as well, writes wait.</summary>
    [Fact]
    public void Quorum_tiebreaker()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 2, Witnesses = 1 });
        scenario.Cut(writer, 1);
        scenario.Do(writer);
        Assert.Equal(MemberSet.Of(0), writer.State.InSync);
        scenario.Cut(writer, VolumeConfiguration.MaxLegs);
        scenario.Pass(20);
        var read = scenario.Submit(writer, kind: IoOperation.Read);
        scenario.Pass(20);
        Assert.Null(read.Outcome);
        scenario.Restore(writer, 1, VolumeConfiguration.MaxLegs);
        scenario.Ends(read, OperationOutcome.Ok);
        scenario.ComesToOrder(writer);
    }

    /// <summary>A primary that loses its quorum while it writes must not make its data look newer. Here what it wrote
    /// without a quorum is not in S, and the other side's data stays.</summary>
    [Fact]
    public void Quorum_lost_uuid()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Cut(writer, 1, 2);
        var lost = scenario.Submit(writer);
        scenario.Pass(10);
        var next = scenario.Start(host: 1);
        Assert.False(next.State.InSync[0] && next.State.Unresolved.IsEmpty);
        var kept = scenario.Do(next);
        scenario.Restore(writer, 1, 2);
        scenario.Ends(lost, OperationOutcome.InDoubt, OperationOutcome.Fenced);
        scenario.ComesToOrder(next);
        scenario.Reads(next, kept);
    }

    /// <summary>An isolated primary must not serve while another node is promoted. Here its lease ends first, and its
    /// reads wait until it is fenced, or has taken the volume over again.</summary>
    [Fact]
    public void Quorum_isolate_primary()
    {
        var (scenario, writer) = Scenario.Open();
        var before = scenario.Do(writer);
        scenario.Cut(writer, 0, 1, 2);
        var next = scenario.Start(host: 1);
        var after = scenario.Do(next);
        var read = scenario.Submit(writer, kind: IoOperation.Read);
        scenario.Pass(10);
        Assert.Null(read.Outcome);
        scenario.Restore(writer, 0, 1, 2);
        scenario.Reads(next, after);
        scenario.Pass(10);
        Assert.NotEqual(OperationOutcome.Ok, read.Outcome);
        scenario.Volume.Crash(next);
        scenario.Ends(read, OperationOutcome.Ok, OperationOutcome.Fenced, OperationOutcome.InDoubt);
        Assert.All(read.Found, found => Assert.NotSame(before.Content, found));
    }

    /// <summary>No scenario of DRBD: the clock of an isolated primary stops, and with it its lease. Its leg is on its
    /// side of the partition, so that no other writer fences it there.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void VR11_An_isolated_primary_whose_clock_stopped_serves_old_data_unless_a_quorum_confirms(bool confirms)
    {
        var (scenario, writer) = Scenario.Open(
            new SimulationOptions { Policy = new WriterPolicy { ConfirmsReads = confirms } });
        scenario.Do(writer);
        writer.Core.Lease.Preferred = 0;
        scenario.Volume.StopClock(writer.Host);
        scenario.Cut(writer, 1, 2);
        scenario.Volume.Cut(1, scenario.Member(0).Host, cuts: true);
        var next = scenario.Start(host: 1);
        var after = scenario.Do(next);

        var read = scenario.Submit(writer, kind: IoOperation.Read);
        scenario.Volume.RunUntil(() => read.Outcome is not null, TimeSpan.FromSeconds(10));

        Assert.Equal(confirms ? null : OperationOutcome.Ok, read.Outcome);
        Assert.Equal(confirms, scenario.Volume.Violation is null);
        if (confirms)
        {
            scenario.Volume.StartClock(writer.Host);
            scenario.Restore(writer, 1, 2);
            scenario.Ends(read, OperationOutcome.Fenced, OperationOutcome.InDoubt);
            scenario.Reads(next, after);
        }
    }

    /// <summary>A node that starts without one of its peers has a quorum, and the peer joins later. Here the take-over
    /// does not wait for the third voter, which gets what it missed.</summary>
    [Fact]
    public void Quorum_degraded_join()
    {
        var scenario = new Scenario();
        scenario.Member(2).StopProcess();
        var writer = scenario.Start();
        Assert.Equal(MemberSet.FirstMembers(2), writer.State.InSync);
        var write = scenario.Do(writer);
        scenario.Member(2).StartProcess();
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, write);
    }

    /// <summary>A node that was away during a failover connects to the new primary. Here the new writer knows what the
    /// leg missed under the writer before.</summary>
    [Fact]
    public void Quorum_failover_reconnect()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(2).StopProcess();
        var first = scenario.Do(writer, 0);
        scenario.Volume.Crash(writer);
        var next = scenario.Start(host: 1);
        var second = scenario.Do(next, 1000);
        scenario.Member(2).StartProcess();
        scenario.ComesToOrder(next);
        scenario.Reads(next, first);
        scenario.Reads(next, second);
    }

    /// <summary>A suspended, busy primary is replaced. Here its writes are in doubt or fenced, and no write that the
    /// next writer acknowledges is lost to them.</summary>
    [Fact]
    public void Quorum_suspend_failover_busy()
    {
        var (scenario, writer) = Scenario.Open();
        var busy = Enumerable.Range(0, 8).Select(i => scenario.Submit(writer, i * 100)).ToArray();
        scenario.Cut(writer, 0, 1);
        var late = Enumerable.Range(0, 8).Select(i => scenario.Submit(writer, i * 100)).ToArray();
        var next = scenario.Start(host: 1);
        var kept = Enumerable.Range(0, 8).Select(i => scenario.Do(next, i * 100)).ToArray();
        scenario.Restore(writer, 0, 1);
        Array.ForEach(busy, one => scenario.Ends(
            one, OperationOutcome.Ok, OperationOutcome.InDoubt, OperationOutcome.Fenced));
        Array.ForEach(late, one => scenario.Ends(one, OperationOutcome.InDoubt, OperationOutcome.Fenced));
        scenario.ComesToOrder(next);
        Array.ForEach(kept, one => scenario.Reads(next, one));
    }

    /// <summary>I/O of a suspended primary can be ended. Here the take-over by another writer ends all of it.</summary>
    [Fact]
    public void Quorum_suspended_cancel()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Cut(writer, 0, 1);
        var held = new[] { IoOperation.Write, IoOperation.Read, IoOperation.Flush }
            .Select((kind, i) => scenario.Submit(writer, i * 100, kind: kind)).ToArray();
        scenario.Pass(15);
        Assert.All(held, one => Assert.Null(one.Outcome));
        scenario.Start(host: 1);
        scenario.Restore(writer, 0, 1);
        Array.ForEach(held, one => scenario.Ends(one, OperationOutcome.InDoubt, OperationOutcome.Fenced));
    }

    /// <summary>I/O of a node without a quorum fails after a time. Here it ends in doubt if it was sent, and the volume
    /// serves again when a quorum is back.</summary>
    [Fact]
    public void Quorum_suspend_timeout()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions
        {
            Policy = new WriterPolicy { HoldsFor = TimeSpan.FromSeconds(20) },
        });
        scenario.Cut(writer, 1, 2);
        var sent = scenario.Submit(writer);
        var read = scenario.Submit(writer, 500, kind: IoOperation.Read);
        scenario.Pass(15);
        var held = scenario.Submit(writer, 1000, kind: IoOperation.Read);
        Assert.Null(sent.Outcome);
        Assert.Null(held.Outcome);
        scenario.Ends(sent, OperationOutcome.InDoubt);
        scenario.Ends(held, OperationOutcome.Suspended);
        scenario.Ends(read, OperationOutcome.Ok, OperationOutcome.Suspended);
        var late = scenario.Submit(writer, 2000);
        Assert.Equal(OperationOutcome.Suspended, late.Outcome);
        Assert.Equal(SuspendReason.NoRecordQuorum, writer.Core.Suspension.Reason);
        scenario.Restore(writer, 1, 2);
        scenario.Until(() => writer.Core.Suspension.Reason is null && writer.State.IsActive);
        var next = scenario.Do(writer);
        scenario.ComesToOrder(writer);
        scenario.Reads(writer, next);
    }

    /// <summary>A suspended writer that still holds the lease of a voter keeps another host from serving. VR4: it
    /// releases the lease.</summary>
    [Fact]
    public void VR4_A_suspended_writer_lets_another_host_take_over()
    {
        var (scenario, writer) = Scenario.Open();
        var kept = scenario.Do(writer);
        scenario.Member(1).StopProcess();
        scenario.Do(writer, 100);
        scenario.Cut(writer, 2);
        scenario.Pass(1);
        var next = scenario.Start(host: 1);
        scenario.Reads(next, kept);
    }

    /// <summary>Data that was written without a quorum must not survive the data of a quorum. Here a leg with a write
    /// of its own is a target, not a source.</summary>
    [Fact]
    public void Quorate_data_divergence()
    {
        var (scenario, writer) = Scenario.Open();
        scenario.Member(1).Device.Hang();
        scenario.Member(2).Device.Hang();
        scenario.Do(writer, kind: IoOperation.Read);
        var lonely = scenario.Submit(writer);
        scenario.Pass(2);
        scenario.Volume.Crash(writer);
        scenario.Member(0).StopProcess();
        scenario.Member(1).Device.Release();
        scenario.Member(2).Device.Release();
        var next = scenario.Start(host: 1);
        Assert.False(next.State.InSync[0]);
        var read = scenario.Do(next, lonely.Start, lonely.Count, IoOperation.Read);
        scenario.Member(0).StartProcess();
        scenario.ComesToOrder(next);
        var again = scenario.Do(next, lonely.Start, lonely.Count, IoOperation.Read);
        Assert.Equal(read.Found, again.Found);
    }

    /// <summary>Two primaries that cannot see each other diverge. Here only the side with a quorum ever
    /// serves.</summary>
    [Fact]
    public void Split_brain()
    {
        var scenario = new Scenario();
        var (left, right) = (scenario.Volume.Start(0), scenario.Volume.Start(1));
        scenario.Cut(left, 1, 2);
        scenario.Cut(right, 0);
        scenario.Until(() => right.State.IsActive);
        var kept = scenario.Do(right);
        var refused = scenario.Submit(left);
        scenario.Pass(30);
        Assert.False(left.State.IsActive);
        Assert.Null(refused.Outcome);
        scenario.Volume.Crash(left);
        scenario.Volume.HealNetwork();
        scenario.ComesToOrder(right);
        scenario.Reads(right, kept);
    }

    /// <summary>A node with old data must not become the source. Here a quorum of voters with a leg outside S does not
    /// serve, until a leg of S is back.</summary>
    [Fact]
    public void Revert_older_data()
    {
        var (scenario, writer) = Scenario.Open(new SimulationOptions { Legs = 3, Witnesses = 2 });
        scenario.Member(2).StopProcess();
        var write = scenario.Do(writer);
        scenario.Volume.Crash(writer);
        scenario.Member(0).StopProcess();
        scenario.Member(1).StopProcess();
        scenario.Member(2).StartProcess();
        var next = scenario.Volume.Start(1);
        scenario.Pass(60);
        Assert.False(next.State.IsActive);
        scenario.Member(0).StartProcess();
        scenario.Until(() => next.State.IsActive);
        scenario.Reads(next, write);
        scenario.Member(1).StartProcess();
        scenario.ComesToOrder(next);
    }
}
