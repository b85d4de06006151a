using DmIo.Volumes.Record;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The voters that the process of a writer knows, and its connections to them. A number may belong to another
/// device than before: the records tell which one is meant.</summary>
internal sealed class WriterMembers(SimulatedVolume volume, SimulatedWriter writer, VolumeRecord known)
{
    private readonly Dictionary<SimulatedMember, LegConnection> connections = [];

    /// <summary>The newest record that the process has read, or got with a promise.</summary>
    internal VolumeRecord Known { get; private set; } = known;

    /// <summary>The voters.</summary>
    internal IEnumerable<SimulatedMember> Voters =>
        Enumerable.Range(0, MemberSet.Capacity).Select(Find).OfType<SimulatedMember>();

    /// <summary>The process has no record of its own, and the voters that it knows are not the present ones.</summary>
    internal bool IsOutOfDate => !writer.State.HasRecord && volume.KnownAs(Known) != Known;

    /// <summary>The process reads superblocks again.</summary>
    internal void Read() => Known = volume.KnownAs(writer.State.Chosen);

    /// <summary>A voter has promised with a record. False: in that record, a number which the process used belongs to
    /// another device.</summary>
    internal bool Learn(VolumeRecord promised)
    {
        if (writer.State.HasRecord || promised.Version <= Known.Version)
        {
            return true;
        }

        var before = Known.Configuration;
        Known = promised;
        return before.Slots.All(
            slot => promised.Configuration.SlotOf(slot.Member) is not { } other || other.Id == slot.Id);
    }

    /// <summary>The voter of a number; null: there is none, or its device is gone.</summary>
    internal SimulatedMember? Find(int number)
    {
        var state = writer.State;
        var slot = state.Proposed?.Configuration.SlotOf(number) ?? state.Chosen.Configuration.SlotOf(number)
            ?? Known.Configuration.SlotOf(number);
        return volume.Members.Find(member => member.Number == number && member.Superblock.Leg == slot?.Id);
    }

    internal SimulatedMember Member(int leg) => Find(leg) ?? volume.Member(leg);

    /// <summary>The connection to a leg.</summary>
    internal LegConnection Leg(int leg) => ConnectionTo(Member(leg));

    internal LegConnection ConnectionTo(SimulatedMember member)
    {
        if (!connections.TryGetValue(member, out var connection))
        {
            connections.Add(member, connection = new LegConnection(volume, writer, member));
        }

        return connection;
    }
}
