using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The writer of a volume: takes it over, sends every write to all legs of A, keeps the record and the maps. A pure
/// state machine: it knows no actors, no clock and no device. Its surroundings carry requests to voters
/// (<see cref="VoteRequestTo"/>, <see cref="LegRequestTo"/>), which they repeat until the reply is final, and steps to
/// legs (<see cref="IWriterHost"/>); they decide when work in the background is done (<see cref="Resolve"/>,
/// <see cref="Resync"/>, <see cref="Verify"/>, <see cref="Cool"/>, <see cref="Return"/>, <see cref="Clean"/>).
/// </summary>
internal sealed class VolumeWriter
{
    private readonly WriterState state;
    private readonly Proposals proposals;
    private readonly TakeOver takeOver;
    private readonly ActiveMaps maps;
    private readonly Flushes flushes;
    private readonly Cooling cooling;
    private readonly Verifications verifications;
    private readonly Copies copies;
    private readonly Returns returns;
    private readonly Growth growth;
    private readonly ReadLease lease;
    private readonly Suspension suspension;
    private readonly Operations operations;

    /// <param name="host">Its surroundings.</param>
    /// <param name="rules">Its rules.</param>
    /// <param name="owner">A Guid of the writer, for all its attempts.</param>
    /// <param name="known">A record of the volume, from any superblock.</param>
    /// <param name="policy">What it does while it cannot serve; null: the defaults.</param>
    internal VolumeWriter(
        IWriterHost host, WriterRules rules, Guid owner, VolumeRecord known, WriterPolicy? policy = null)
    {
        policy ??= new WriterPolicy();
        state = new WriterState(host, rules, owner, known);
        proposals = new Proposals(state);
        takeOver = new TakeOver(state, proposals, policy);
        maps = new ActiveMaps(state);
        lease = new ReadLease(state);
        suspension = new Suspension(state, policy, takeOver, lease);
        flushes = new Flushes(state, suspension);
        cooling = new Cooling(state, maps, flushes);
        verifications = new Verifications(state);
        copies = new Copies(state, maps, verifications);
        returns = new Returns(state);
        growth = new Growth(state, copies, flushes, proposals);
        operations = new Operations(state, policy, maps, copies, flushes, lease, suspension);
    }

    /// <summary>What the writer knows; for reports and checks.</summary>
    internal WriterState State => state;

    /// <summary>The take-over.</summary>
    internal TakeOver TakeOver => takeOver;

    /// <summary>The read lease.</summary>
    internal ReadLease Lease => lease;

    /// <summary>Why it does not serve.</summary>
    internal Suspension Suspension => suspension;

    /// <summary>The copies between legs and the comparisons of legs that have not ended.</summary>
    internal int CopyCount => copies.Count + verifications.Count;

    /// <summary>The growth of the volume.</summary>
    internal Growth Growth => growth;

    /// <summary>Extents are being cooled.</summary>
    internal bool IsCooling => !cooling.IsIdle;

    /// <summary>Continues the suspension and the numbers of requests for the lease of an earlier writer of the
    /// process.</summary>
    internal void Continue(VolumeWriter earlier)
    {
        suspension.Continue(earlier.suspension);
        lease.Continue(earlier.lease);
    }

    /// <summary>Begins an attempt to take the volume over.</summary>
    /// <param name="fresh">A fresh Guid (VR5).</param>
    internal void Begin(Guid fresh) => takeOver.Begin(fresh);

    /// <summary>The request about epochs and records that waits for the voter's reply; null: there is none.</summary>
    internal VoterRequest? VoteRequestTo(int member) =>
        state.IsFenced ? null : takeOver.RequestTo(member) ?? proposals.RequestTo(member);

    /// <summary>The request about the voter's leg that waits for its reply; null: there is none.</summary>
    internal VoterRequest? LegRequestTo(int member) => member < state.Legs.Length ? returns.RequestTo(member) : null;

    /// <summary>The request for the lease that reads wait for (VR11), until the voter replies; null: there is none.
    /// </summary>
    internal VoterRequest? LeaseRequestTo(int member) => state.IsFenced ? null : lease.RequestTo(member);

    /// <summary>A voter has replied.</summary>
    internal void Replied(int member, VoterReply reply, TimeSpan now)
    {
        takeOver.Replied(member);
        switch (reply)
        {
            case WouldPromise would:
                takeOver.WouldPromise(member, would.Promised);
                break;
            case Promise promise:
                takeOver.PromiseReceived(member, promise);
                break;
            case Refused refused:
                Refused(member, refused);
                break;
            case Accepted accepted:
                if (proposals.Accepted(member, accepted.Version) && takeOver.Phase == TakeOverPhase.Proposing)
                {
                    takeOver.FirstRecordChosen();
                }

                break;
            case Granted granted when granted.Epoch == state.Epoch:
                returns.Granted(member, granted.Attempt);
                break;
            case AttachRefused refused when refused.Epoch == state.Epoch
                && refused.Attempt == state.Legs[member].Attempt:
                state.FailLeg(member);
                break;
            case Detached detached when detached.Epoch == state.Epoch:
                returns.Detached(member, detached.Attempt);
                break;
            case Marked marked when marked.Epoch == state.Epoch:
                returns.Marked(member, marked.Attempt);
                break;
            case Leased leased when leased.Epoch == state.Epoch:
                lease.Leased(member, leased.Counter);
                break;
            default:
                Invariant.Require(reply is Waiting or Granted or AttachRefused or Detached or Marked or Leased);
                break;
        }

        Advance(now);
    }

    /// <summary>The maps of a leg were read.</summary>
    /// <param name="member">The leg.</param>
    /// <param name="read">The maps; null: the leg is blank or new in its slot, or its maps cannot be read, so that
    /// every region is missed.</param>
    /// <param name="now">The time.</param>
    internal void MapsRead(int member, LegMaps? read, TimeSpan now)
    {
        var leg = state.Legs[member];
        if (leg.Phase == LegPhase.ReadingMaps)
        {
            if (state.InSync[member])
            {
                leg.Maps = read ?? LegMaps.Full(state.Regions);
            }
            else
            {
                returns.MapsRead(leg, read);
            }

            Advance(now);
        }
    }

    /// <summary>The leg cannot be used any more: its connection was lost, or it did not answer in time.</summary>
    internal void LegLost(int member, TimeSpan now)
    {
        state.FailLeg(member);
        Advance(now);
    }

    /// <summary>Submits an operation of a user. It must not overlap another one in flight, unless both are
    /// reads.</summary>
    internal void Submit(ClientOperation operation, TimeSpan now)
    {
        if (state.IsFenced)
        {
            state.Host.Answer(operation, OperationOutcome.Fenced);
            return;
        }

        operations.Submit(operation, now);
        AdvanceUnlessIdle(now);
    }

    /// <summary>A step ended on a leg.</summary>
    internal void Completed(WriterStep step, int leg, LegResult result, TimeSpan now)
    {
        if (!step.Waiting[leg] || state.IsFenced)
        {
            return;
        }

        if (step is ClientOperation operation)
        {
            operations.Completed(operation, leg, result, now);
            if (result == LegResult.Ok)
            {
                AdvanceUnlessIdle(now);
                return;
            }
        }
        else if (step is ZeroStep zero && result == LegResult.Error)
        {
            zero.Failed(leg);
        }
        else if (result == LegResult.Ok || (step is VerifyStep && result == LegResult.Error))
        {
            step.Answered(leg, isDone: result == LegResult.Ok);
        }
        else
        {
            state.FailLeg(leg);
        }

        state.RemoveOrphan(step);
        Advance(now);
    }

    /// <summary>The source of a copy could not be read. Nothing was written.</summary>
    internal void SourceFailed(CopyStep copy, LegResult result, TimeSpan now)
    {
        if (copy.Source < 0 || !state.InFlight.Contains(copy))
        {
            return;
        }

        var source = copy.Source;
        copies.SourceFailed(copy, result);
        if (result == LegResult.Lost)
        {
            state.FailLeg(source);
        }

        Advance(now);
    }

    /// <summary>A leg has hashed the regions of a comparison.</summary>
    internal void Hashed(VerifyStep step, int leg, UInt128 hash, TimeSpan now)
    {
        if (step.Waiting[leg])
        {
            step.Hashed(leg, hash);
            Advance(now);
        }
    }

    /// <summary>Takes in that time has passed or a deadline was set (<see cref="TakeOver.IsGraceOver"/>).</summary>
    internal void Tick(TimeSpan now) => Advance(now);

    /// <summary>Opens the next session: the exclusive opening for writing, which ends every earlier one.</summary>
    internal ulong OpenSession(TimeSpan now)
    {
        operations.Session = Math.Max(operations.Session, state.Chosen.Session) + 1;
        proposals.WantedSession = operations.Session;
        Advance(now);
        return operations.Session;
    }

    /// <summary>Resolves unresolved regions in the background.</summary>
    /// <returns>False: that is not possible now.</returns>
    internal bool Resolve(RegionRange range, TimeSpan now) => Copy(CopyKind.Resolve, range, now);

    /// <summary>Copies missed regions to the legs that return.</summary>
    /// <inheritdoc cref="Resolve"/>
    internal bool Resync(RegionRange range, TimeSpan now) => Copy(CopyKind.Resync, range, now);

    /// <summary>Compares a region on the legs of S.</summary>
    /// <returns>The comparison; null: that is not possible now.</returns>
    internal VerifyStep? Verify(long region, TimeSpan now)
    {
        var range = new RegionRange(region, 1);
        if (!state.IsActive || state.IsFenced || copies.IsLocked(range))
        {
            return null;
        }

        var step = verifications.Start(range);
        Advance(now);
        return step;
    }

    /// <summary>Legs that were found to differ from most legs of S leave it (VR7).</summary>
    internal void RemoveDiffering(TimeSpan now)
    {
        verifications.RemoveDiffering();
        Advance(now);
    }

    /// <summary>Cools extents that are not written any more, and stores how far legs are synchronized.</summary>
    /// <inheritdoc cref="Resolve"/>
    internal bool Cool(RegionSet extents, TimeSpan now) => Advanced(cooling.Start(extents), now);

    /// <summary>Begins the return of a leg.</summary>
    /// <inheritdoc cref="Resolve"/>
    internal bool Return(int leg, TimeSpan now) => Advanced(returns.Start(leg), now);

    /// <summary>A leg has said how large a volume it has room for.</summary>
    internal void Confirm(int leg, ByteSize room) => state.Legs[leg].Room = room;

    /// <summary>Begins to grow the volume (VR6).</summary>
    /// <returns>False: the writer does not serve, voters are being changed, the volume grows already or is as large, or
    /// a leg has not confirmed the space.</returns>
    internal bool Grow(ByteSize size, TimeSpan now) => Advanced(proposals.MayChange && growth.Start(size), now);

    /// <summary>Gives a growth up whose record was not proposed.</summary>
    internal void AbandonGrowth(TimeSpan now)
    {
        growth.Abandon();
        Advance(now);
    }

    /// <summary>Begins to add a voter; its leg is blank, and is synchronized like one that returns.</summary>
    /// <param name="id">The leg or witness.</param>
    /// <param name="member">A number that no voter has.</param>
    /// <param name="isWitness">The voter has no data.</param>
    /// <param name="now">The time.</param>
    /// <returns>False: the writer does not serve, or other voters are being changed.</returns>
    internal bool AddVoter(Guid id, byte member, bool isWitness, TimeSpan now) =>
        Advanced(growth.IsIdle && proposals.Add(id, member, isWitness), now);

    /// <summary>Begins to remove a voter. Its leg leaves S first.</summary>
    /// <returns>False: the writer does not serve, other voters are being changed, or it is the last leg of S, or the
    /// last voter.</returns>
    internal bool RemoveVoter(int member, TimeSpan now) =>
        Advanced(growth.IsIdle && proposals.Remove(member), now);

    /// <summary>Proposes the clean record as soon as no extent is active and no region unresolved.</summary>
    /// <param name="now">The time.</param>
    /// <param name="stops">The record also says that an operator stopped the volume.</param>
    internal void Clean(TimeSpan now, bool stops = false)
    {
        proposals.WantsClean = true;
        proposals.WantsStopped = stops;
        Advance(now);
    }

    private bool Copy(CopyKind kind, RegionRange range, TimeSpan now) => Advanced(copies.Start(kind, range), now);

    private bool Advanced(bool isBegun, TimeSpan now)
    {
        Advance(now);
        return isBegun;
    }

    private void Refused(int member, Refused refused)
    {
        takeOver.Refused(refused.Promised);
        if (takeOver.Phase >= TakeOverPhase.Proposing && refused.Promised > state.Epoch)
        {
            proposals.Refused(member);
            if (member < state.Legs.Length)
            {
                state.FailLeg(member);
            }
        }
    }

    /// <summary>While no part has anything to do, an operation of a user changes nothing but itself.</summary>
    private void AdvanceUnlessIdle(TimeSpan now)
    {
        if (takeOver.Phase != TakeOverPhase.Done || !operations.IsIdle || !copies.IsIdle || !verifications.IsIdle
            || !maps.IsIdle || !flushes.IsIdle || !cooling.IsIdle || !growth.IsIdle || !returns.IsIdle
            || !proposals.IsIdle || state.IsFenced)
        {
            Advance(now);
        }
    }

    private void Advance(TimeSpan now)
    {
        if (state.IsFenced)
        {
            suspension.Update(now);
            operations.Fence();
            flushes.Fence();
            return;
        }

        // Each part moves on what another one has finished. A part that only asks for something, without progress of
        // its own, comes before the part that it asks: operations ask copies, the active maps and the records.
        while (suspension.Update(now) | takeOver.Advance(now) | operations.Advance(now) | copies.Advance()
            | verifications.Advance() | growth.Advance() | maps.Advance() | flushes.Advance(now) | cooling.Advance()
            | returns.Advance()
            | proposals.Advance())
        {
            // Until no part progresses.
        }
    }
}
