using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// What must hold in every state of a simulated volume, beyond the answers that users get.
/// <list type="bullet">
/// <item>I1: one writer per epoch. I2: a leg takes no I/O below an epoch that it has promised while drained.</item>
/// <item>I3: an acknowledged write is on all legs of A.</item>
/// <item>I4: U, and what is in flight, covers every difference inside S.</item>
/// <item>I5: missed, unflushed and active cover every difference between S and a leg outside S.</item>
/// <item>The legs of S are equal if the newest record is clean.</item>
/// </list>
/// </summary>
internal sealed class VolumeChecks(SimulatedVolume volume)
{
    private const int StepsBetweenChecks = 64;

    private readonly Dictionary<Epoch, SimulatedWriter> epochs = [];
    private bool isWholeLoss;
    private bool mayDiffer = true;

    /// <summary>The power failures that lost acknowledged data.</summary>
    internal int Losses { get; private set; }

    internal void Performs(SimulatedMember member, LegIo io)
    {
        mayDiffer |= io.Kind != IoOperation.Read;
        if (io.Grant is { } grant && member.Fenced > grant.Epoch)
        {
            volume.Fail(
                $"I2: leg {member.Number} takes {io} of epoch {grant.Epoch}, fenced at {member.Fenced}");
        }
    }

    internal void CacheLost(SimulatedMember member)
    {
        mayDiffer = true;
        member.HasLostCache = true;
        NoteLoss();
    }

    internal void RecordsChanged()
    {
        mayDiffer = true;
        NoteLoss();
    }

    internal void WriterChanged(SimulatedWriter writer)
    {
        if (!writer.WasActive && writer.State.IsActive)
        {
            writer.WasActive = true;
            NoteActive(writer);
        }
    }

    internal void Answered(SimulatedWriter writer, UserOperation user, OperationOutcome outcome)
    {
        if (outcome == OperationOutcome.Ok && user.IsReplaced)
        {
            volume.Fail($"{user} of the session {user.Session} is Ok, although a later session was open");
        }

        if (outcome != OperationOutcome.Ok || !user.Changes)
        {
            return;
        }

        if (writer.State.Live.Count < volume.Options.Policy.MinInSync)
        {
            volume.Fail($"{user} is acknowledged with {writer.State.Live} in sync");
        }

        foreach (var leg in writer.State.Acknowledgment & writer.State.Targets)
        {
            var member = writer.Members.Member(leg);
            for (var i = 0; i < user.Count && writer.Holds(leg) && !member.HasLostCache; i++)
            {
                var content = member.Device.Disk[member.DataStart + user.Start + i];
                if (content != user.Content && !volume.Rot.Made(content))
                {
                    volume.Fail($"I3: {user} is acknowledged, but not on leg {leg}");
                }
            }
        }
    }

    internal void AfterStep()
    {
        if (mayDiffer)
        {
            mayDiffer = false;
            CheckClean();
        }

        if (volume.Events.Steps % StepsBetweenChecks == 0)
        {
            CheckWriters();
        }
    }

    /// <summary>The legs hold the same data, except for data that has rotted.</summary>
    internal bool AreEqual(SimulatedMember one, SimulatedMember two, RegionRange range, ByteSize size) =>
        AreSame(one, two, range, size, volume.Rot.Made);

    /// <summary>The legs hold the same data.</summary>
    /// <param name="one">A leg.</param>
    /// <param name="two">Another leg.</param>
    /// <param name="range">The regions.</param>
    /// <param name="size">The end.</param>
    /// <param name="isAny">A content that counts as equal to any other one; null: there is none.</param>
    internal static bool AreSame(
        SimulatedMember one, SimulatedMember two, RegionRange range, ByteSize size, Func<byte[]?, bool>? isAny = null)
    {
        var (start, count) = SimulatedVolume.SectorsOf(range, size);
        for (var sector = start; sector < start + count; sector++)
        {
            var (left, right) = (one.Device.Disk[one.DataStart + sector], two.Device.Disk[two.DataStart + sector]);
            if (left != right && !(isAny is not null && (isAny(left) || isAny(right))))
            {
                return false;
            }
        }

        return true;
    }

    internal void CheckWriters()
    {
        foreach (var writer in volume.Writers)
        {
            var state = writer.State;
            if (state.HasRecord && !epochs.TryAdd(state.Epoch, writer) && epochs[state.Epoch] != writer)
            {
                volume.Fail($"I1: two writers have the epoch {state.Epoch}");
            }

            if (state is { IsActive: true, IsFenced: false } && volume.Newest.Version.Epoch == state.Epoch)
            {
                CheckLegs(writer);
            }
        }
    }

    private void CheckLegs(SimulatedWriter writer)
    {
        var (state, sources) = (writer.State, MemberSet.None);
        foreach (var leg in state.Live)
        {
            sources = writer.Holds(leg) && !writer.Members.Member(leg).HasLostCache ? sources.With(leg) : sources;
        }

        if (sources.IsEmpty)
        {
            return;
        }

        var covered = new RegionSet(state.Unresolved);
        foreach (var step in state.InFlight)
        {
            covered.SetRange(step switch
            {
                ClientOperation { Operation: not IoOperation.Read } write => write.Touched,
                CopyStep copy => copy.Range,
                _ => default,
            });
        }

        foreach (var leg in state.Chosen.Configuration.Legs)
        {
            if (leg != sources.First && (sources[leg] || !state.InSync[leg]))
            {
                var isInSync = state.InSync[leg];
                CheckLeg(writer, sources.First, leg, isInSync ? covered : CoveredOutside(writer, leg, covered));
            }
        }
    }

    private static RegionSet CoveredOutside(SimulatedWriter writer, int leg, RegionSet inFlight)
    {
        var (state, covered) = (writer.State, new RegionSet(inFlight));
        covered.UnionWith(state.Legs[leg].Missed);
        covered.UnionWith(state.Legs[leg].Unflushed);
        covered.UnionWith(state.Legs[leg].Flushing);
        covered.UnionWithExtents(writer.Members.Member(leg).Metadata.ReadActive(), state.Regions);
        foreach (var live in state.Live)
        {
            covered.UnionWithExtents(state.Legs[live].Active, state.Regions);
        }

        return covered;
    }

    private void CheckLeg(SimulatedWriter writer, int source, int leg, RegionSet covered)
    {
        var (one, two) = (writer.Members.Member(source), writer.Members.Member(leg));
        var isBlank = two.Superblock.State == LegState.Blank;
        for (var region = 0L; region < writer.State.Regions && !isBlank; region++)
        {
            var size = writer.State.Chosen.Size;
            if (!covered.Contains(region) && !AreEqual(one, two, new RegionRange(region, 1), size))
            {
                volume.Fail($"{(writer.State.InSync[leg] ? "I4" : "I5")}: writer {writer.Number}: legs {source} and "
                    + $"{leg} differ in region {region}, which nothing covers; S={writer.State.InSync}");
            }
        }
    }

    /// <summary>If every leg of the newest record's S has lost its cache, the next writer may lack what was
    /// acknowledged and not flushed.</summary>
    private void NoteLoss()
    {
        foreach (var leg in volume.Newest.InSync)
        {
            if (!volume.Member(leg).HasLostCache)
            {
                return;
            }
        }

        isWholeLoss = true;
    }

    private void NoteActive(SimulatedWriter writer)
    {
        var state = writer.State;
        var mayLose = isWholeLoss || (volume.Options.Policy.ServesAfterPowerLoss && state.MustReportPowerLoss);
        isWholeLoss = false;
        volume.Log?.Add($"writer {writer.Number} is active; data may be lost: {mayLose}");
        foreach (var leg in state.InSync)
        {
            var member = writer.Members.Member(leg);
            if (mayLose && volume.History.Touched.Any(
                sector => !volume.History.IsAllowed(sector, member.Device.Disk[member.DataStart + sector])))
            {
                Losses++;
                var lost = volume.History.Touched.First(
                    sector => !volume.History.IsAllowed(sector, member.Device.Disk[member.DataStart + sector]));
                volume.Log?.Add($"leg {leg} has lost acknowledged data: {volume.History.Describe(lost)}; it holds "
                    + VolumeHistory.NameOf(member.Device.Disk[member.DataStart + lost]));
                volume.History.LosePower();
                return;
            }
        }
    }

    private void CheckClean()
    {
        var newest = volume.Newest;
        var all = new RegionRange(0, RegionSet.Limit >> 10);
        foreach (var leg in newest.IsClean ? newest.InSync : MemberSet.None)
        {
            if (!AreEqual(volume.Member(newest.InSync.First), volume.Member(leg), all, newest.Size))
            {
                volume.Fail($"the record {newest.Version} is clean, but legs {newest.InSync.First} and {leg} differ");
            }
        }
    }
}
