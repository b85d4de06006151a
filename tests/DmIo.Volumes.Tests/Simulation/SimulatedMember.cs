using DmIo.Io;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>Which of a writer's requests is meant: one of each lane can wait.</summary>
internal enum Lane
{
    Vote,
    Leg,
    Lease,
}

/// <summary>
/// A leg or a witness: its device, and the process of its voter, which may end and start again. Carries requests to the
/// voter like the product's actor: a request that waits is repeated after each change.
/// </summary>
internal sealed class SimulatedMember : IVoterHost
{
    internal static readonly TimeSpan DrainLimit = VolumeTiming.Lease + TimeSpan.FromSeconds(10);

    private readonly SimulatedVolume volume;
    private readonly List<(SimulatedWriter Writer, Lane Lane, VoterRequest Request)> waiting = [];
    private readonly List<(Guid Fresh, Action Ended)> faults = [];
    private SuperblockCopies? copies;
    private Voter? voter;
    private int process;
    private Guid boot;
    private bool isGone;

    // A failure that no superblock holds; the system knows it for as long as it runs.
    private bool hasUnwrittenFailure;

    /// <param name="volume">The volume.</param>
    /// <param name="host">Where it is.</param>
    /// <param name="superblock">Its first superblock.</param>
    /// <param name="holdsData">Its data is that of the new volume. False: it is what the device held before.</param>
    internal SimulatedMember(SimulatedVolume volume, int host, Superblock superblock, bool holdsData)
    {
        (this.volume, Host, Superblock, boot) = (volume, host, superblock, volume.NextGuid());
        var geometry = superblock.Geometry;
        var bytes = geometry.MetadataLength.Bytes + geometry.MaximumSize.Bytes;
        Device = new LegDevice(volume, this, (int)(bytes / Sector.SizeBytes));
        Metadata = new MemberMetadata(Device.Disk, superblock);
        Metadata.Format();
        FillRoom(holdsData ? superblock.Accepted!.Size : default);
        StartProcess();
    }

    internal int Number => Superblock.Member;

    internal int Host { get; }

    internal LegDevice Device { get; }

    internal MemberMetadata Metadata { get; }

    /// <summary>The superblock that is durable.</summary>
    internal Superblock Superblock { get; private set; }

    internal LegGeometry Geometry => Superblock.Geometry;

    /// <summary>The record has it as a voter, and not another device with the same number.</summary>
    internal bool IsMemberOf(VolumeRecord record) => record.Configuration.SlotOf(Number)?.Id == Superblock.Leg;

    internal bool IsWitness => Superblock.Geometry.Placement == MetadataPlacement.Witness;

    internal int DataStart => (int)(Geometry.DataStart.Bytes / Sector.SizeBytes);

    internal bool IsRunning { get; private set; }

    /// <summary>Its superblock cannot be opened.</summary>
    internal bool IsDamaged { get; private set; }

    /// <summary>The superblock is being written.</summary>
    internal bool IsWriting => copies is { IsDurable: false };

    /// <summary>The leg has lost its cache since its last grant.</summary>
    internal bool HasLostCache { get; set; }

    internal LegGrant? Grant { get; private set; }

    /// <summary>The highest epoch for which a drained promise or a grant was answered.</summary>
    internal Epoch Fenced { get; private set; }

    private Continuity Current => new(hasUnwrittenFailure && !volume.Options.ForgetsFailures, boot, 0, default);

    /// <summary>What the leg held before it became one is still there, beyond the end of the volume.</summary>
    private void FillRoom(ByteSize size)
    {
        var old = volume.NextContent();
        for (var sector = size.Sectors.Value; sector < Geometry.MaximumSize.Sectors.Value; sector++)
        {
            Device.Disk.Write(DataStart + (int)sector, old, isForced: true);
        }
    }

    public void Persist(VoterState state) => Write(state.In(Superblock, Current));

    public void CutAndDrain()
    {
        if (Grant is not { } grant)
        {
            Later(process, voter => voter.Drained(), volume.DrawLatency());
            return;
        }

        grant.IsCut = true;
        if (!Device.Has(grant) || volume.Options.LiesAboutDrain)
        {
            Later(process, voter => voter.Drained(), volume.DrawLatency());
        }

        Later(process, voter => voter.DrainLimitPassed(), DrainLimit);
    }

    void IVoterHost.Grant(ulong generation)
    {
        volume.Log?.Add($"member {Number} grants generation {generation} to {voter!.Fence}");
        Grant = new LegGrant(voter!.Fence);
        (HasLostCache, hasUnwrittenFailure) = (false, false);
    }

    /// <summary>The process starts, unless it runs or the superblock is damaged.</summary>
    internal void StartProcess()
    {
        if (IsRunning || isGone)
        {
            return;
        }

        var reading = SuperblockCopies.Read(Metadata.ReadSuperblocks());
        IsDamaged = reading.Outcome != SuperblockOutcome.Open;
        volume.Log?.Add($"member {Number} starts{(IsDamaged ? $", damaged: {reading.Fault}" : "")}");
        if (IsDamaged)
        {
            return;
        }

        Device.Reopen();
        process++;
        IsRunning = true;
        copies = new SuperblockCopies(reading);
        Superblock = reading.Superblock!;
        Write(Superblock);
    }

    /// <summary>The process ends. What the device works on may still take effect.</summary>
    internal void StopProcess()
    {
        if (!IsRunning)
        {
            return;
        }

        volume.Log?.Add($"member {Number} stops");
        (IsRunning, voter, copies) = (false, null, null);
        hasUnwrittenFailure |= faults.Count != 0;
        faults.Clear();
        waiting.Clear();
        if (Grant is { } grant)
        {
            grant.IsCut = true;
            Grant = null;
        }

        volume.Disconnect(this);
    }

    /// <summary>The device is removed and does not return.</summary>
    internal void TakeAway()
    {
        isGone = true;
        StopProcess();
    }

    internal void LosePower()
    {
        StopProcess();
        volume.Log?.Add($"member {Number} loses power");
        Device.LosePower();
        (boot, hasUnwrittenFailure) = (volume.NextGuid(), false);
        volume.Checks.CacheLost(this);
    }

    /// <summary>A request of a writer arrives.</summary>
    internal void Receive(SimulatedWriter writer, Lane lane, VoterRequest request)
    {
        if (IsRunning)
        {
            waiting.RemoveAll(one => one.Writer == writer && one.Lane == lane);
            waiting.Add((writer, lane, request));
            Answer();
        }
    }

    /// <summary>I/O of a writer arrives.</summary>
    /// <param name="io">The I/O, with the grant that the writer knows.</param>
    /// <param name="reply">Called with the result, unless the connection is lost first.</param>
    internal void Receive(LegIo io, Action<LegResult> reply)
    {
        if (!IsRunning || io.Grant != Grant || io.Grant!.IsCut)
        {
            reply(LegResult.Lost);
            return;
        }

        var from = process;
        io.Process = from;
        io.Ended = isOk =>
        {
            if (isOk || io.Kind == IoOperation.Read)
            {
                reply(isOk ? LegResult.Ok : LegResult.Error);
            }
            else if (IsRunning)
            {
                faults.Add((volume.NextGuid(), () => reply(LegResult.Error)));
                Answer();
            }
            else
            {
                hasUnwrittenFailure = true;
            }

            NoteDrained(io);
        };
        Device.Submit(io);
    }

    private void Write(Superblock superblock) => WriteNext(process, copies!, copies!.Begin(superblock));

    private void WriteNext(int from, SuperblockCopies of, SuperblockUpdate update)
    {
        if (update.Next is not { } copy)
        {
            Written(update.Superblock, of.End(update));
            return;
        }

        var block = new byte[LegGeometry.BlockBytes];
        update.Encode(block);
        Device.Submit(new LegIo(
            IoOperation.Write, (int)Geometry.SuperblockAt(copy).Value, LegGeometry.BlockBytes / Sector.SizeBytes)
        {
            Sectors = SectorDisk.SectorsOf(block),
            IsForced = true,
            Process = from,
            Ended = isOk =>
            {
                if (from == process && IsRunning)
                {
                    update.Complete(isOk);
                    WriteNext(from, of, update);
                }
            },
        });
    }

    /// <summary>A voter that cannot write its state does not vote; its process is started again later.</summary>
    private void Written(Superblock superblock, bool isOk)
    {
        if (!isOk)
        {
            StopProcess();
            volume.Events.After(TimeSpan.FromSeconds(1), StartProcess);
            return;
        }

        Superblock = superblock;
        if (voter is null)
        {
            StartVoter();
        }
        else
        {
            voter.Persisted(isOk: true);
        }

        volume.Checks.RecordsChanged();
        Answer();
    }

    /// <summary>The I/O of an earlier process has not ended while its lock is held (VR9); a lease of an earlier process
    /// may be in force.</summary>
    private void StartVoter()
    {
        var isFirst = process == 1;
        var isDrained = volume.Options.TrustsRestart || !Device.HasOlder(process);
        voter = new Voter(
            this,
            volume.Options.VoterRules,
            VoterState.Of(Superblock, Current),
            volume.NextGuid(),
            isDrained,
            isFirst ? TimeSpan.Zero : volume.ClockOf(Host) + VolumeTiming.Lease);
        if (!isDrained)
        {
            Later(process, voter => voter.DrainLimitPassed(), DrainLimit);
        }
    }

    private void NoteDrained(LegIo io)
    {
        var isDrained = io.Process < process
            ? !Device.HasOlder(process)
            : io.Grant is { IsCut: true } cut && cut == Grant && !Device.Has(cut);
        if (isDrained && voter is not null)
        {
            Later(process, voter => voter.Drained(), TimeSpan.Zero);
        }
    }

    /// <summary>Tells the voter of something a little later, if it still runs.</summary>
    private void Later(int from, Action<Voter> tell, TimeSpan delay)
    {
        var of = Grant;
        volume.Events.After(delay, () =>
        {
            if (voter is not null && from == process && of == Grant)
            {
                tell(voter);
                Answer();
            }
        });
    }

    /// <summary>Repeats what waits: each change of the voter may have answered it.</summary>
    private void Answer()
    {
        if (voter is null)
        {
            return;
        }

        foreach (var one in waiting.ToArray())
        {
            var reply = voter.Handle(one.Request, volume.ClockOf(Host));
            if (reply is not Waiting)
            {
                waiting.Remove(one);
            }

            if (reply is not (null or Waiting))
            {
                Reply(one.Writer, reply);
            }
        }

        for (var i = 0; i < faults.Count; i++)
        {
            if (voter.EndContinuity(faults[i].Fresh))
            {
                var ended = faults[i].Ended;
                faults.RemoveAt(i--);
                ended();
            }
        }
    }

    private void Reply(SimulatedWriter writer, VoterReply reply)
    {
        Fenced = reply switch
        {
            Promise { IsDrained: true } promise when promise.Epoch > Fenced => promise.Epoch,
            Granted granted when granted.Epoch > Fenced => granted.Epoch,
            _ => Fenced,
        };
        var grant = reply is Granted ? Grant : null;
        volume.Log?.Add($"member {Number} to writer {writer.Number}: {reply}");
        volume.Send(Host, writer.Host, () => writer.Replied(this, reply, grant));
    }
}
