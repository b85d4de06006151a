using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>Carries the writer's reads and writes of maps to the legs. Used on the volume's turn.</summary>
internal sealed class LegMapsIo(VolumeDevice device)
{
    internal void Read(int leg)
    {
        var (read, writer) = (device.LegOf(leg), device.Writer);
        if (read.Gate is not { } gate || !gate.TryEnter())
        {
            device.PostTo(writer, volume => writer.LegLost(leg, volume.Now));
            return;
        }

        gate.Unanswered++;
        _ = read.Store.ReadMapsAsync().ContinueWith(
            ended => device.Post(volume =>
            {
                gate.Unanswered--;
                _ = read.Store.MapsReleased.ContinueWith(_ => gate.Leave(), TaskScheduler.Default);
                Complete(volume, writer, leg, ended);
            }),
            TaskScheduler.Default);
    }

    private static void Complete(VolumeDevice volume, VolumeWriter writer, int leg, Task<LegMaps?> read)
    {
        if (writer != volume.Writer)
        {
            return;
        }

        if (read.IsCompletedSuccessfully)
        {
            writer.MapsRead(leg, read.Result, volume.Now);
        }
        else
        {
            writer.LegLost(leg, volume.Now);
        }
    }

    internal void Write(ActiveStep step)
    {
        foreach (var member in step.Targets)
        {
            var bits = new RegionSet(device.Writer.State.Legs[member].Active);
            if (step.IsMark)
            {
                bits.UnionWith(step.Extents);
            }
            else
            {
                bits.ExceptWith(step.Extents);
            }

            Write(step, member, device.LegOf(member).Store.EncodeActive(step.Extents, bits));
        }
    }

    internal void Write(MissedStep step)
    {
        var state = device.Writer.State;
        foreach (var holder in step.Targets)
        {
            var writes = new List<MapWrite>();
            foreach (var member in state.Chosen.Configuration.Legs)
            {
                var missed = member == holder ? new RegionSet() : state.MissedOnDisk(member);
                device.LegOf(holder).Store.EncodeMissed((byte)member, missed, writes);
            }

            Write(step, holder, writes);
        }
    }

    private void Write(WriterStep step, int member, List<MapWrite> writes)
    {
        if (writes.Count == 0)
        {
            var writer = device.Writer;
            device.PostTo(writer, volume => writer.Completed(step, member, LegResult.Ok, volume.Now));
            return;
        }

        var group = new MapGroup(step, member, writes, device.LegOf(member).Store);
        foreach (var write in writes)
        {
            var range = new LegRange(write.Start, LegGeometry.BlockBytes / Sector.SizeBytes, IsMetadata: true);
            device.Send(group, MemberSet.Of(member), range, new LegIo(IoOperation.Write, write.Block)
            {
                ForceUnitAccess = true,
            });
        }
    }

    /// <summary>The writes of one step's map pages on one leg.</summary>
    private sealed class MapGroup(WriterStep step, int member, List<MapWrite> writes, LegStore store)
        : WriterStep, ICarriedStep
    {
        private int left = writes.Count;
        private LegResult worst = LegResult.Ok;

        public void Completed(VolumeDevice volume, VolumeWriter writer, int leg, LegResult result)
        {
            worst = result > worst ? result : worst;
            if (--left == 0)
            {
                if (worst == LegResult.Ok)
                {
                    writes.ForEach(store.Written);
                }

                writer.Completed(step, member, worst, volume.Now);
            }
        }
    }
}
