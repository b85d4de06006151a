using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Describes the results of operations on each leg. Consecutive equal outcomes are one object. Used on the
/// volume's turn.</summary>
internal sealed class VolumeOutcomes(VolumeDevice device)
{
    private VolumeOutcome? last;
    private (RecordVersion Record, MemberSet Targets, MemberSet Done, MemberSet Live) lastOf;

    /// <summary>The outcome of an operation that is answered now; null: it is done on all legs, was sent to none, or
    /// changes no sectors.</summary>
    internal VolumeOutcome? Of(VolumeOperation operation)
    {
        var state = device.Writer.State;
        var legs = state.Chosen.Configuration.Legs;
        if (!operation.Operation.ChangesSectors() || operation.Targets.IsEmpty || legs.IsSubsetOf(operation.Done))
        {
            return null;
        }

        if (operation.HasFailures)
        {
            return New(operation, state, legs);
        }

        var of = (state.Chosen.Version, operation.Targets, operation.Done, state.Live);
        if (last is null || lastOf != of)
        {
            (last, lastOf) = (New(operation, state, legs), of);
        }

        return last;
    }

    private VolumeOutcome New(VolumeOperation operation, WriterState state, MemberSet legs)
    {
        var outcomes = new List<LegOutcome>();
        foreach (var member in legs)
        {
            var name = device.Has(member) ? device.LegOf(member).Store.Device : "";
            var failure = operation.FailureOn(member);
            outcomes.Add(new LegOutcome(name, member, StateOf(operation, member, failure), failure?.ToString()));
        }

        return new VolumeOutcome(state.Chosen.Version, outcomes, IsDegraded: state.Live != legs);
    }

    private static LegOutcomeState StateOf(VolumeOperation operation, int member, IoStatus? failure) =>
        operation.Done[member] ? LegOutcomeState.Done
        : failure is not null ? LegOutcomeState.Failed
        : operation.Targets[member] ? LegOutcomeState.Late
        : LegOutcomeState.Missed;
}
