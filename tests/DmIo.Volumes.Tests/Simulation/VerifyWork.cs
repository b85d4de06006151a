using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The passes of one writer that compare its legs.</summary>
internal sealed class VerifyWork(SimulatedVolume volume, SimulatedWriter writer)
{
    private const int Limit = 4;

    /// <summary>The last pass; null: there was none.</summary>
    internal Verification? Pass { get; private set; }

    /// <summary>Called regularly: nothing differs where nothing has rotted.</summary>
    internal void Tick()
    {
        if (Pass is not { IsEnded: false } pass)
        {
            return;
        }

        pass.Run(writer.Core, Limit, writer.Now);
        foreach (var (_, range) in pass.Differences)
        {
            for (var region = range.First; region < range.End; region++)
            {
                if (!volume.Rot.Regions.Contains(region))
                {
                    volume.Fail($"legs differ in region {region}, where nothing has rotted");
                }
            }
        }
    }

    /// <summary>Begins a pass, unless one runs.</summary>
    internal void Begin(long first = 0) => Pass = Pass is { IsEnded: false } ? Pass : new Verification(first);

    /// <summary>Reads and hashes each leg.</summary>
    internal void Start(VerifyStep step)
    {
        var (core, (start, count)) = (writer.Core, SimulatedVolume.SectorsOf(step.Range, step.Size));
        foreach (var member in step.Targets)
        {
            var (leg, first) = (writer.Members.Leg(member), writer.Members.Member(member).DataStart + start);
            var io = new LegIo(IoOperation.Read, first, count) { Grant = leg.Grant };
            leg.Send(io, result =>
            {
                if (result == LegResult.Ok)
                {
                    core.Hashed(step, member, SectorDisk.HashOf(io.Sectors), writer.Now);
                }
                else
                {
                    core.Completed(step, member, result, writer.Now);
                }
            });
        }
    }

    /// <summary>The regions in which legs of S differ.</summary>
    internal RegionSet FindDifferences()
    {
        var (differing, state) = (new RegionSet(), writer.State);
        foreach (var leg in state.InSync)
        {
            for (var region = 0L; region < state.Regions; region++)
            {
                if (!VolumeChecks.AreSame(
                    writer.Members.Member(state.InSync.First),
                    writer.Members.Member(leg),
                    new RegionRange(region, 1),
                    state.Chosen.Size))
                {
                    differing.Set(region);
                }
            }
        }

        return differing;
    }

    /// <summary>The regions that the pass has reported.</summary>
    /// <param name="ofMinority">Those of which most legs had the same content; false: the others.</param>
    internal RegionSet Reported(bool ofMinority)
    {
        var reported = new RegionSet();
        foreach (var (difference, range) in Pass!.Differences.Where(found => found.Difference.IsMinority == ofMinority))
        {
            reported.SetRange(range);
        }

        return reported;
    }
}
