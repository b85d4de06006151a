using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The changes of voters by one writer: adds, replaces and removes legs and witnesses, like the product's
/// client of a volume. Devices that were removed are gone a little later.</summary>
internal sealed class VoterChanges(SimulatedVolume volume, SimulatedWriter writer)
{
    private const int MaxLegs = 5;
    private const int MaxWitnesses = 2;

    private int replaced = -1;
    private int successor;
    private SimulatedMember? removing;

    private WriterState State => writer.State;

    private VolumeConfiguration Configuration => State.Chosen.Configuration;

    /// <summary>Called regularly: a leg is removed when the leg that replaces it is in sync, and the device of a
    /// former member is removed.</summary>
    internal void Tick()
    {
        if (replaced >= 0 && State.Chosen.InSync[successor] && Remove(replaced))
        {
            replaced = -1;
        }

        if (removing is { } removed && State.HasRecord && !removed.IsMemberOf(State.Chosen))
        {
            removed.TakeAway();
            removing = null;
        }
    }

    internal void ChangeAtRandom()
    {
        var (legs, witnesses) = (Configuration.Legs.Count, Configuration.Voters.Count - Configuration.Legs.Count);
        var isWitness = volume.Random.Next(4) == 0;
        var isFull = isWitness ? witnesses >= MaxWitnesses : legs >= MaxLegs;
        switch (volume.Random.Next(3))
        {
            case 0 when !isFull:
                Add(isWitness);
                break;
            case 1 when legs < MaxLegs:
                Replace(Draw(Configuration.Slots.Where(slot => !slot.IsWitness)));
                break;
            default:
                RemoveAtRandom();
                break;
        }
    }

    /// <summary>Adds a device, which holds old data.</summary>
    /// <returns>Its number; -1: the writer does not allow it.</returns>
    internal int Add(bool isWitness)
    {
        var (first, last) = isWitness
            ? (VolumeConfiguration.MaxLegs, MemberSet.Capacity)
            : (0, VolumeConfiguration.MaxLegs);
        var number = Enumerable.Range(first, last - first).First(one => !Configuration.Voters[one]);
        var member = volume.AddBlank(State.Chosen, (byte)number, isWitness);
        if (!writer.Core.AddVoter(member.Superblock.Leg, (byte)number, isWitness, writer.Now))
        {
            member.TakeAway();
            return -1;
        }

        return number;
    }

    /// <summary>Adds a leg, and removes another one when it is in sync.</summary>
    /// <returns>The new leg; -1: the writer does not allow it.</returns>
    internal int Replace(int leg)
    {
        var added = Add(isWitness: false);
        (replaced, successor) = added >= 0 ? (leg, added) : (replaced, successor);
        return added;
    }

    /// <summary>Removes a voter, which may be absent.</summary>
    /// <returns>False: the writer does not allow it.</returns>
    internal bool Remove(int number)
    {
        var member = writer.Members.Find(number);
        if (!writer.Core.RemoveVoter(number, writer.Now))
        {
            return false;
        }

        removing = member;
        return true;
    }

    /// <summary>The volume must be able to serve with the legs that are left.</summary>
    private void RemoveAtRandom()
    {
        var number = Draw(Configuration.Slots);
        var left = Configuration.Legs.Without(number).Count;
        if (left >= volume.Options.Policy.MinInSync)
        {
            Remove(number);
        }
    }

    private int Draw(IEnumerable<VoterSlot> slots)
    {
        var drawn = slots.ToArray();
        return drawn[volume.Random.Next(drawn.Length)].Member;
    }
}
