using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>The state of an open volume, for its users. Read on the volume's turn.</summary>
internal static class VolumeReport
{
    internal static VolumeStatus Of(VolumeDevice device, VolumeOpening opening)
    {
        var (state, suspension) = (device.Writer.State, device.Writer.Suspension);
        device.Causes.Forget(state.Live);
        var (legs, witnesses) = (new List<LegStatus>(), new List<WitnessStatus>());
        foreach (var member in state.Chosen.Configuration.Legs)
        {
            var leg = state.Legs[member];
            var devices = device.Has(member) ? device.LegOf(member).Store.Devices : null;
            legs.Add(new LegStatus(
                devices?.Data ?? "",
                member,
                StateOf(leg, device.Writer.Lease.Slow),
                SizeOf(leg.Missed),
                device.Synchronization.ProgressOf(member),
                leg.CorrectedReads)
            {
                Metadata = devices?.Metadata,
                Cause = device.Causes[member],
            });
        }

        foreach (var member in state.Chosen.Configuration.Voters - state.Chosen.Configuration.Legs)
        {
            var name = device.Has(member) ? device.LegOf(member).Store.Device : "";
            var isAttached = name.Length != 0 && opening.Service.Directory.TryFind(name, out _);
            witnesses.Add(new WitnessStatus(name, member, isAttached && !suspension.Silent[member]));
        }

        legs.AddRange(opening.Forked.Where(member => !member.IsWitness).Select(member => new LegStatus(
            member.Device, member.Member, LegState.Forked, default, Resync: null, CorrectedReads: 0)));
        return new VolumeStatus(
            opening.Name, StateOf(device.Writer, state), state.Chosen, legs, SizeOf(state.Unresolved))
        {
            Witnesses = witnesses,
            Suspension = suspension.Reason is { } reason
                ? new VolumeSuspension(
                    reason,
                    MembersOf(suspension.MissingVoters),
                    MembersOf(suspension.MissingLegs),
                    device.Now - suspension.Since)
                : null,
        };
    }

    private static List<int> MembersOf(MemberSet members)
    {
        var numbers = new List<int>();
        foreach (var member in members)
        {
            numbers.Add(member);
        }

        return numbers;
    }

    private static LegState StateOf(WriterLeg leg, MemberSet slow) => leg.Phase switch
    {
        LegPhase.InSync when slow[leg.Member] => LegState.Slow,
        LegPhase.InSync => LegState.InSync,
        LegPhase.Syncing => LegState.Syncing,
        _ => LegState.Absent,
    };

    private static VolumeState StateOf(VolumeWriter writer, WriterState state) => state switch
    {
        { IsFenced: true } => VolumeState.Fenced,
        _ when writer.TakeOver.IsStopped => VolumeState.Stopped,
        _ when writer.Suspension.Reason is not null => VolumeState.Suspended,
        { IsActive: false } => VolumeState.Preparing,
        _ when state.Live != state.Chosen.Configuration.Legs => VolumeState.Degraded,
        { Unresolved.IsEmpty: false } => VolumeState.Recovering,
        _ => VolumeState.Healthy,
    };

    private static ByteSize SizeOf(RegionSet regions) =>
        ByteSize.FromBytes(regions.Count << RegionRange.RegionShift);
}
