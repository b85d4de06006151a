using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// The legs whose device was truncated, so that they lack data of unknown extent also if it gets its size again: they
/// become blank durably, unless no other leg has the data. Used on the volume's turn.
/// </summary>
internal sealed class TruncatedLegs
{
    private MemberSet known;

    /// <summary>A grant was given for the leg: what is known of it concerns an earlier one.</summary>
    internal void Granted(int member) => known = known.Without(member);

    /// <summary>A leg was truncated. False: no other leg has the data, so it keeps what it has.</summary>
    internal bool TryAdd(int member, WriterState state)
    {
        if ((state.Live - MemberSet.Of(member)).IsEmpty)
        {
            return false;
        }

        state.Failing = state.Live[member] ? state.Failing.With(member) : state.Failing;
        known = known.With(member);
        return true;
    }

    /// <summary>Called regularly: finds legs whose device has less room than the volume.</summary>
    internal void Watch(VolumeDevice volume)
    {
        var state = volume.Writer.State;
        foreach (var member in state.Chosen.Configuration.Legs)
        {
            if (state.Legs[member].Room < state.Chosen.Size && volume.Has(member) && !known[member]
                && TryAdd(member, state))
            {
                var (lost, room) = (member, state.Legs[member].Room);
                var input = new VolumeInput(after =>
                {
                    after.Writer.LegLost(lost, after.Now);
                    after.Causes.Note(lost, $"its device became smaller than the volume: it has room for {room}");
                });
                volume.EndContinuity(member, input, isTruncated: true);
            }
        }
    }
}
