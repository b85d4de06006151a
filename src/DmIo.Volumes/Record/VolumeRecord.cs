using System.Collections.Immutable;
using DmIo.Io;

namespace DmIo.Volumes.Record;

/// <summary>
/// The record of a volume: what its voters agree on. A record is chosen when a quorum of voters has accepted it
/// durably; the newest chosen record says which legs hold the data. Immutable.
/// </summary>
public sealed record VolumeRecord
{
    /// <summary>The epoch and number of the record.</summary>
    public required RecordVersion Version { get; init; }

    /// <summary>The voters.</summary>
    public required VolumeConfiguration Configuration { get; init; }

    /// <summary>The size that the volume shows to its users.</summary>
    public required ByteSize Size { get; init; }

    /// <summary>The in-sync set S: the legs that hold every acknowledged write.</summary>
    public required MemberSet InSync { get; init; }

    /// <summary>No leg differs from another one of S: there is nothing to resolve after a take-over.</summary>
    public bool IsClean { get; init; }

    /// <summary>An operator stopped the volume; only a start opens it again.</summary>
    public bool IsStopped { get; init; }

    /// <summary>The whole volume lost power, and the session did not yet learn it by a failed flush.</summary>
    public bool IsPowerLost { get; init; }

    /// <summary>The number of the current session: the exclusive opening for writing; 0: there was none.</summary>
    public ulong Session { get; init; }

    /// <summary>Sessions up to this one end with PowerLost, if <see cref="IsPowerLost"/> is set.</summary>
    public ulong PowerLossSession { get; init; }

    /// <summary>The lineage: a new one begins with each forced opening.</summary>
    public required Guid Lineage { get; init; }

    /// <summary>The lineage that this one was forked from; empty: none.</summary>
    public Guid ParentLineage { get; init; }
}

/// <summary>How the voters of a volume decide.</summary>
public enum QuorumRule : byte
{
    /// <summary>More than half of the voters.</summary>
    Majority,

    /// <summary>Every leg of the in-sync set: for two legs of one host, without a witness.</summary>
    InSync,
}

/// <summary>One voter of a volume.</summary>
/// <param name="Id">The Guid of the leg or witness.</param>
/// <param name="Member">The number of the member, 0..15. A leg keeps its number; it is below 8.</param>
/// <param name="IsWitness">The voter has no data.</param>
/// <param name="IsOld">The voter votes in the old configuration.</param>
/// <param name="IsNew">The voter votes in the new configuration. Outside a change both flags are set.</param>
public readonly record struct VoterSlot(Guid Id, byte Member, bool IsWitness, bool IsOld, bool IsNew);

/// <summary>The voters of a volume and how they decide. During a change of voters both the old and the new
/// configuration have to agree (joint consensus). Immutable.</summary>
public sealed class VolumeConfiguration : IEquatable<VolumeConfiguration>
{
    /// <summary>The largest number of legs.</summary>
    public const int MaxLegs = 8;

    /// <summary>The largest number of voters of one configuration.</summary>
    public const int MaxVoters = 9;

    /// <summary>Creates a configuration.</summary>
    /// <exception cref="ArgumentException">A member number occurs twice, a leg has a number above 7, a slot votes in no
    /// configuration, or there are too many voters.</exception>
    public VolumeConfiguration(QuorumRule rule, ImmutableArray<VoterSlot> slots)
    {
        Rule = rule;
        Slots = slots;
        foreach (var slot in slots)
        {
            var fault = slot switch
            {
                { Member: >= MemberSet.Capacity } => $"is above the limit of {MemberSet.Capacity} members",
                _ when Voters[slot.Member] => "is used twice",
                { IsWitness: false, Member: >= MaxLegs } => $"is a leg above the limit of {MaxLegs} legs",
                { IsOld: false, IsNew: false } => "votes in no configuration",
                _ => null,
            };
            if (fault is not null)
            {
                throw new ArgumentException($"Member {slot.Member} {fault}.", nameof(slots));
            }

            Voters = Voters.With(slot.Member);
            Old = slot.IsOld ? Old.With(slot.Member) : Old;
            New = slot.IsNew ? New.With(slot.Member) : New;
            Legs = slot.IsWitness ? Legs : Legs.With(slot.Member);
        }

        if (Old.Count is < 1 or > MaxVoters || New.Count is < 1 or > MaxVoters || Legs.IsEmpty)
        {
            throw new ArgumentException(
                $"A volume has 1 to {MaxVoters} voters, and a leg among them; this one has {Old.Count} voters before "
                + $"the change, {New.Count} after it, and {Legs.Count} legs.",
                nameof(slots));
        }
    }

    /// <summary>How the voters of two legs without a witness decide; all others decide by majority.</summary>
    public QuorumRule Rule { get; }

    /// <summary>The voters, in the order in which they are stored.</summary>
    public ImmutableArray<VoterSlot> Slots { get; }

    /// <summary>All voters.</summary>
    public MemberSet Voters { get; }

    /// <summary>The voters with data.</summary>
    public MemberSet Legs { get; }

    /// <summary>The voters of the old configuration.</summary>
    public MemberSet Old { get; }

    /// <summary>The voters of the new configuration; outside a change equal to <see cref="Old"/>.</summary>
    public MemberSet New { get; }

    /// <summary>The voters are being changed.</summary>
    public bool IsJoint => Old != New;

    /// <summary>A configuration of the first <paramref name="legs"/> members as legs, followed by witnesses.</summary>
    public static VolumeConfiguration Of(QuorumRule rule, IReadOnlyList<Guid> legs, IReadOnlyList<Guid> witnesses)
    {
        ArgumentNullException.ThrowIfNull(legs);
        ArgumentNullException.ThrowIfNull(witnesses);
        var slots = ImmutableArray.CreateBuilder<VoterSlot>();
        for (var i = 0; i < legs.Count; i++)
        {
            slots.Add(new VoterSlot(legs[i], (byte)i, IsWitness: false, IsOld: true, IsNew: true));
        }

        for (var i = 0; i < witnesses.Count; i++)
        {
            slots.Add(new VoterSlot(witnesses[i], (byte)(MaxLegs + i), IsWitness: true, IsOld: true, IsNew: true));
        }

        return new VolumeConfiguration(rule, slots.ToImmutable());
    }

    /// <summary>False: the number belongs to different legs or witnesses in the two configurations.</summary>
    internal bool IsSameVoter(VolumeConfiguration other, int member) =>
        SlotOf(member) is not { } ours || other.SlotOf(member) is not { } theirs || ours.Id == theirs.Id;

    /// <summary>The slot of a member; null: the member is no voter.</summary>
    public VoterSlot? SlotOf(int member)
    {
        foreach (var slot in Slots)
        {
            if (slot.Member == member)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>How the voters of the old or new configuration decide.</summary>
    public QuorumRule RuleOf(MemberSet half) =>
        half.Count == 2 && half.IsSubsetOf(Legs) ? Rule : QuorumRule.Majority;

    /// <summary>The change to a configuration with a further voter.</summary>
    /// <exception cref="InvalidOperationException">The voters are being changed.</exception>
    public VolumeConfiguration Adding(Guid id, byte member, bool isWitness)
    {
        Invariant.Require(!IsJoint);
        return new VolumeConfiguration(
            Rule, Slots.Add(new VoterSlot(id, member, isWitness, IsOld: false, IsNew: true)));
    }

    /// <summary>The change to a configuration without a voter.</summary>
    /// <exception cref="InvalidOperationException">The voters are being changed.</exception>
    public VolumeConfiguration Removing(int member)
    {
        Invariant.Require(!IsJoint);
        return new VolumeConfiguration(
            Rule, [.. Slots.Select(slot => slot.Member == member ? slot with { IsNew = false } : slot)]);
    }

    /// <summary>The configuration after a change.</summary>
    public VolumeConfiguration Settled() => new(
        Rule, [.. Slots.Where(slot => slot.IsNew).Select(slot => slot with { IsOld = true })]);

    /// <inheritdoc/>
    public bool Equals(VolumeConfiguration? other) =>
        other is not null && Rule == other.Rule && Slots.AsSpan().SequenceEqual(other.Slots.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VolumeConfiguration);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rule, Voters, Old, New);

}
