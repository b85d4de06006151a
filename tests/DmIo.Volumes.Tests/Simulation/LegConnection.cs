using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// The connection of a writer's process to a leg, with the pages of its maps.
/// <list type="bullet">
/// <item>I/O arrives in the order in which it was sent; results may pass each other.</item>
/// <item>I/O ends once: with its result, or lost with the connection. What was on its way then may arrive.</item>
/// </list>
/// </summary>
internal sealed class LegConnection(SimulatedVolume volume, SimulatedWriter writer, SimulatedMember member)
{
    private readonly LegPages pages = new(member.Geometry, member.Superblock.Leg);
    private readonly List<Sent> inFlight = [];
    private TimeSpan lastArrival;

    /// <summary>The last grant that was answered.</summary>
    internal LegGrant? Grant { get; set; }

    internal LegPages Pages => pages;

    /// <summary>How long the oldest I/O has been in flight.</summary>
    internal TimeSpan Oldest => inFlight.Count == 0 ? TimeSpan.Zero : volume.Events.Now - inFlight[0].At;

    internal bool IsInForce => Grant is { IsCut: false } grant && member.Grant == grant;

    /// <summary>The connection is lost, or the leg is given up: nothing that was sent is answered.</summary>
    internal void Disconnect()
    {
        var lost = inFlight.ToArray();
        inFlight.Clear();
        Grant = null;
        foreach (var one in lost)
        {
            volume.Events.After(volume.DrawLatency(), () => writer.Take(() => one.Ended(LegResult.Lost)));
        }
    }

    /// <summary>Sends I/O, under the last grant.</summary>
    /// <param name="io">The I/O.</param>
    /// <param name="ended">Called on the turn of the writer, unless the writer was replaced in its process.</param>
    internal void Send(LegIo io, Action<LegResult> ended)
    {
        var core = writer.Core;
        var sent = new Sent(volume.Events.Now, result =>
        {
            if (core == writer.Core || volume.Options.TellsReplacedWriters)
            {
                ended(result);
            }
        });
        inFlight.Add(sent);
        if (io.Grant is null)
        {
            volume.Events.After(volume.DrawLatency(), () => End(sent, LegResult.Lost));
            return;
        }

        var arrival = volume.Events.Now + volume.DrawDelay(writer.Host, member.Host);
        lastArrival = arrival > lastArrival ? arrival : lastArrival;
        volume.Events.After(lastArrival - volume.Events.Now, () =>
        {
            if (inFlight.Contains(sent) || volume.Random.Next(2) == 0)
            {
                member.Receive(io, result => volume.Events.After(
                    volume.DrawDelay(writer.Host, member.Host), () => End(sent, result)));
            }
        });
    }

    internal void ReadMaps(Action<LegResult, LegMaps?> ended)
    {
        var geometry = member.Geometry;
        var (first, last) = (geometry.ActivePageAt(0, 0), geometry.MissedPageAt(VolumeConfiguration.MaxLegs - 1, 0));
        var sectors = (int)(last.Value - first.Value) + (LegGeometry.BlockBytes / Sector.SizeBytes);
        var io = new LegIo(IoOperation.Read, (int)first.Value, sectors) { Grant = Grant };
        Send(io, result => ended(result, result == LegResult.Ok ? MapsOf(SectorDisk.BytesOf(io.Sectors)) : null));
    }

    internal void WriteMaps(List<MapWrite> writes, Action<LegResult> ended)
    {
        if (writes.Count == 0)
        {
            volume.Events.After(TimeSpan.Zero, () => writer.Take(() => ended(LegResult.Ok)));
            return;
        }

        var (left, worst) = (writes.Count, LegResult.Ok);
        foreach (var write in writes)
        {
            var io = new LegIo(IoOperation.Write, (int)write.Start.Value, LegGeometry.BlockBytes / Sector.SizeBytes)
            {
                Sectors = SectorDisk.SectorsOf(write.Block),
                IsForced = true,
                Grant = Grant,
            };
            Send(io, result =>
            {
                worst = result > worst ? result : worst;
                if (--left == 0)
                {
                    if (worst == LegResult.Ok)
                    {
                        writes.ForEach(pages.Written);
                    }

                    ended(worst);
                }
            });
        }
    }

    private LegMaps MapsOf(ReadOnlySpan<byte> bytes)
    {
        const int Block = LegGeometry.BlockBytes;
        var extents = new RegionSet();
        pages.Active.Load(0, bytes[..Block], bytes[Block..(2 * Block)], extents);
        for (byte other = 0; other < VolumeConfiguration.MaxLegs; other++)
        {
            var block = bytes.Slice((2 + other) * Block, Block);
            pages.MissedOf(other).Load(0, block, pages.BeginMissed(other));
        }

        return new LegMaps(extents, pages.CopyMissed());
    }

    private void End(Sent sent, LegResult result)
    {
        if (inFlight.Remove(sent))
        {
            writer.Take(() => sent.Ended(result));
        }
    }

    private sealed class Sent(TimeSpan at, Action<LegResult> ended)
    {
        internal TimeSpan At => at;

        internal Action<LegResult> Ended => ended;
    }
}
