using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// The freezes of one writer, with a snapshot of each leg of S, like the product's: drain, flush, snapshots, and the
/// confirmation by a quorum that the writer still has the volume.
/// </summary>
internal sealed class FreezeWork(SimulatedVolume volume, SimulatedWriter writer)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Dictionary<int, byte[]?[]> snapshots = [];
    private ulong confirmation;
    private Phase phase;
    private VolumeWriter? core;
    private MemberSet legs;
    private TimeSpan end;
    private TimeSpan longest;
    private ByteSize size;

    private enum Phase
    {
        Thawed,
        Draining,
        Flushing,
        Frozen,
        Confirming,
    }

    /// <summary>Operations are held, and nothing is copied.</summary>
    internal bool IsFrozen => phase != Phase.Thawed;

    /// <summary>The freezes whose snapshots are valid.</summary>
    internal int Valid { get; private set; }

    /// <summary>Freezes the volume, unless it is frozen.</summary>
    /// <param name="snapshot">How long a snapshot of a leg takes at most.</param>
    internal void Begin(TimeSpan snapshot)
    {
        if (phase == Phase.Thawed && writer.Core.Growth.IsIdle)
        {
            volume.Log?.Add($"writer {writer.Number} freezes");
            (phase, core, end, longest) = (Phase.Draining, writer.Core, volume.Events.Now + Limit, snapshot);
            Tick();
        }
    }

    /// <summary>Called regularly.</summary>
    internal void Tick()
    {
        var state = writer.State;
        if (phase == Phase.Thawed)
        {
            return;
        }

        if (state.IsFenced || core != writer.Core || volume.Events.Now > end)
        {
            Thaw("gives up");
        }
        else if (phase == Phase.Draining && state.IsActive && writer.Unanswered.Count == 0
            && writer.Core is { CopyCount: 0, IsCooling: false, Growth.IsIdle: true })
        {
            phase = Phase.Flushing;
            var flush = new UserOperation(IoOperation.Flush, 0, 0);
            flush.Answered = () => writer.Take(() => Flushed(flush));
            writer.SubmitNow(new SubmittedOperation(flush) { ReportsPowerLoss = false });
        }
        else if (phase == Phase.Confirming && writer.Core.Lease.IsConfirmed(confirmation))
        {
            Check();
            Thaw("was frozen");
        }
    }

    private void Flushed(UserOperation flush)
    {
        if (phase != Phase.Flushing || core != writer.Core)
        {
            return;
        }

        if (flush.Outcome != OperationOutcome.Ok)
        {
            Thaw("cannot flush");
            return;
        }

        (phase, legs, size) = (Phase.Frozen, writer.State.Live, writer.State.Chosen.Size);
        snapshots.Clear();
        foreach (var leg in legs)
        {
            var member = writer.Members.Member(leg);
            volume.Events.After(longest * volume.Random.NextDouble(), () => writer.Take(() => Snapshot(leg, member)));
        }
    }

    private void Snapshot(int leg, SimulatedMember member)
    {
        if (phase != Phase.Frozen || snapshots.ContainsKey(leg))
        {
            return;
        }

        var sectors = new byte[]?[size.Sectors.Value];
        for (var i = 0; i < sectors.Length; i++)
        {
            sectors[i] = member.Device.Disk[member.DataStart + i];
        }

        snapshots.Add(leg, sectors);
        if (snapshots.Count == legs.Count)
        {
            (phase, confirmation) = (Phase.Confirming, writer.Core.Lease.Next);
            var request = writer.Core.Lease.Renew(writer.Now);
            foreach (var voter in writer.Members.Voters)
            {
                writer.Ask(voter, Lane.Lease, request);
            }
        }
    }

    /// <summary>The snapshots are equal, and hold every acknowledged write and none that was held.</summary>
    private void Check()
    {
        Valid++;
        var held = writer.Held.Where(user => user.Content is not null).Select(user => user.Content!).ToHashSet();
        foreach (var (leg, sectors) in snapshots)
        {
            for (var i = 0; i < sectors.Length; i++)
            {
                var (found, other) = (sectors[i], snapshots[legs.First][i]);
                if (found != other && !volume.Rot.Made(found) && !volume.Rot.Made(other))
                {
                    volume.Fail($"the snapshots of legs {legs.First} and {leg} differ in sector {i}");
                }

                if (!volume.History.IsAllowed(i, found) || (found is not null && held.Contains(found)))
                {
                    volume.Fail($"the snapshot of leg {leg} holds {VolumeHistory.NameOf(found)} in "
                        + volume.History.Describe(i));
                }
            }
        }
    }

    private void Thaw(string why)
    {
        volume.Log?.Add($"writer {writer.Number} {why}");
        phase = Phase.Thawed;
        volume.Events.After(TimeSpan.Zero, () => writer.Take(writer.Release));
    }
}
