using DmIo.Io;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The copies of one writer between its legs.</summary>
internal sealed class CopyWork(SimulatedVolume volume, SimulatedWriter writer)
{
    internal void Start(CopyStep step)
    {
        var core = writer.Core;
        if (step.Targets.IsEmpty)
        {
            volume.Events.After(TimeSpan.Zero, () => writer.Take(() => core.Tick(writer.Now)));
        }
        else if (volume.Options.ComparesResync && step.Kind == CopyKind.Resync)
        {
            new Comparison(this, writer, core, step).Begin();
        }
        else
        {
            Copy(core, step, step.Targets, SimulatedVolume.SectorsOf(step.Range, writer.State.Reach));
        }
    }

    private void Copy(VolumeWriter core, CopyStep step, MemberSet targets, (int Start, int Count) sectors) =>
        Read(step.Source, sectors, (io, result) =>
        {
            if (result != LegResult.Ok)
            {
                core.SourceFailed(step, result, writer.Now);
                return;
            }

            foreach (var member in targets & step.Waiting)
            {
                writer.WriteData(step, member, sectors.Start, io.Sectors, isForced: false, core);
            }
        });

    private void Read(int member, (int Start, int Count) sectors, Action<LegIo, LegResult> ended)
    {
        var leg = writer.Members.Leg(member);
        var first = writer.Members.Member(member).DataStart + sectors.Start;
        var io = new LegIo(IoOperation.Read, first, sectors.Count) { Grant = leg.Grant };
        leg.Send(io, result => ended(io, result));
    }

    /// <summary>A copy to legs that may already hold its regions.</summary>
    private sealed class Comparison(CopyWork work, SimulatedWriter writer, VolumeWriter core, CopyStep step)
    {
        private readonly (int Start, int Count) sectors =
            SimulatedVolume.SectorsOf(step.Range, writer.State.Reach);

        // By leg; null: it could not be read.
        private readonly Dictionary<int, UInt128?> hashes = [];
        private readonly int source = step.Source;

        internal void Begin()
        {
            var compared = step.Targets.With(source);
            foreach (var member in compared)
            {
                work.Read(member, sectors, (io, result) =>
                {
                    hashes.Add(member, result == LegResult.Ok ? SectorDisk.HashOf(io.Sectors) : null);
                    if (member == source && result != LegResult.Ok)
                    {
                        core.SourceFailed(step, result, writer.Now);
                    }
                    else if (hashes.Count == compared.Count && hashes[source] is { } expected)
                    {
                        End(expected);
                    }
                });
            }
        }

        private void End(UInt128 expected)
        {
            var differing = MemberSet.None;
            foreach (var target in step.Targets)
            {
                differing = hashes[target] == expected ? differing : differing.With(target);
            }

            if (differing.Overlaps(step.Waiting))
            {
                work.Copy(core, step, differing, sectors);
            }

            foreach (var target in step.Targets - differing)
            {
                core.Completed(step, target, LegResult.Ok, writer.Now);
            }
        }
    }
}
