using DmIo.Io;
using DmIo.Memory;
using DmIo.TestKit.Oracle;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Simulation;

/// <summary>Draws valid requests of every kind, and requests that break a rule.</summary>
internal sealed class RequestSource(Oracle oracle, RunPlan plan, Random random)
{
    private const int UsualMaxRegions = 4;
    private const int MaxRegions = 64;

    private long last;

    internal SimulatedRequest Draw(SimulatedLease lease)
    {
        var operation = random.Next(10) switch
        {
            < 4 => IoOperation.Write,
            < 7 => IoOperation.Read,
            7 => IoOperation.Flush,
            8 => IoOperation.Discard,
            _ => IoOperation.WriteZeroes,
        };
        var number = ++last;
        var regions = DrawRegions(operation);
        var edges = DrawEdges(operation, regions);
        var isTransfer = operation is IoOperation.Read or IoOperation.Write;
        var sectors = isTransfer ? (int)regions.Max(region => region.Count.Value) + random.Next(2) : 0;
        var length = Math.Max(0, (sectors * Sector.SizeBytes) - (int)edges.Bytes);
        var pages = isTransfer && random.Next(4) == 0 ? lease.TryTakePages(PagesOf(length)) : null;
        var memory = !isTransfer ? null : pages is null
            ? new GuardedMemory(length, random)
            : new GuardedMemory(pages, length);
        var data = operation == IoOperation.Write ? SectorValue.DataOf(number, sectors)[..length] : [];
        memory?.CopyFrom(data);
        var message = new IoRequest
        {
            Operation = operation,
            Regions = regions,
            Memory = memory?.Memory,
            ForceUnitAccess = operation == IoOperation.Write && random.Next(5) == 0,
            Edges = edges,
            Zeroing = operation == IoOperation.WriteZeroes ? (WriteZeroesFlags)random.Next(4) : WriteZeroesFlags.None,
            Priority = random.Next(4) == 0 ? (IoPriority)random.Next(3) : IoPriority.BestEffort,
            Deadline = random.NextDouble() < plan.DeadlineChance
                ? TimeSpan.FromMilliseconds(random.Next(1, 200))
                : null,
        };
        return new SimulatedRequest(oracle, lease, number, message)
        {
            Memory = memory,
            Data = data,
            IsOnLeasePages = pages is not null,
        };
    }

    private static int PagesOf(int lengthBytes) => (lengthBytes + Page.SizeBytes - 1) / Page.SizeBytes;

    /// <summary>Draws edges of any length, as long as some bytes of each region are written.</summary>
    private WriteEdges DrawEdges(IoOperation operation, IoRegion[] regions)
    {
        var shortest = regions.Min(region => region.Count.Bytes == 0 ? int.MaxValue : (int)region.Count.Bytes);
        if (operation != IoOperation.Write || shortest == int.MaxValue || random.NextDouble() >= plan.EdgeChance)
        {
            return default;
        }

        // If a device silently corrupts a read, a kept sector is written back corrupted, so edges are kept short there.
        var isLong = random.Next(4) == 0 && !plan.HasSilentFaults;
        var most = Math.Min(shortest, isLong ? int.MaxValue : Sector.SizeBytes);
        var head = random.Next(3) == 0 ? 0 : random.Next(most);
        return new WriteEdges(head, random.Next(3) == 0 ? 0 : random.Next(Math.Min(most, shortest - head)));
    }

    /// <summary>Draws a request that breaks one rule.</summary>
    internal SimulatedRequest DrawBad(SimulatedLease lease)
    {
        var device = plan.Devices[0].Name;
        var write = new IoRequest
        {
            Operation = IoOperation.Write,
            Regions = [new IoRegion(device, 0, 1)],
            Memory = new byte[512],
        };
        var message = random.Next(12) switch
        {
            0 => write with { Regions = [] },
            1 => write with { Regions = [.. Enumerable.Repeat(new IoRegion(device, 0, 0), 65)] },
            2 => write with { Memory = null },
            3 => write with { Memory = new byte[511] },
            4 => write with { Regions = [new IoRegion(device, -1, 1)] },
            5 => write with { Regions = [new IoRegion(device, 0, 1), new IoRegion(device, 0, 1)] },
            6 => write with { Operation = IoOperation.Flush },
            7 => write with { Operation = IoOperation.Read, ForceUnitAccess = true },
            8 => write with { Edges = new WriteEdges(256, 256) },
            9 => write with { Zeroing = WriteZeroesFlags.NoUnmap },
            10 => write with { Priority = (IoPriority)17 },
            _ => write with { Deadline = TimeSpan.Zero },
        };
        return new SimulatedRequest(oracle, lease, ++last, message) { IsBad = true };
    }

    private IoRegion[] DrawRegions(IoOperation operation)
    {
        var count = operation == IoOperation.Read || random.Next(3) == 0 ? 1 : random.Next(1, UsualMaxRegions + 1);
        if (operation != IoOperation.Read && random.Next(40) == 0)
        {
            return DrawManyRegions();
        }

        var regions = new List<IoRegion>();
        while (count-- > 0)
        {
            var region = DrawRegion();
            if (!regions.Exists(earlier => earlier.Overlaps(region)))
            {
                regions.Add(region);
            }
        }

        return [.. regions];
    }

    /// <summary>The maximum number of regions: small ones, one after the other, on all devices.</summary>
    private IoRegion[] DrawManyRegions()
    {
        var regions = new List<IoRegion>();
        for (var index = 0; index < MaxRegions; index++)
        {
            var device = plan.Devices[index % plan.Devices.Count];
            var start = index / plan.Devices.Count * device.BlockSectors;
            regions.Add(new IoRegion(device.Name, start, start < device.Sectors ? device.BlockSectors : 0));
        }

        return [.. regions];
    }

    private IoRegion DrawRegion()
    {
        if (random.Next(40) == 0)
        {
            return new IoRegion("nowhere", random.Next(8), random.Next(8));
        }

        var device = plan.Devices[random.Next(plan.Devices.Count)];
        var unit = random.Next(30) == 0 ? 1 : device.BlockSectors;
        var count = random.Next(20) == 0 ? 0 : random.Next(1, Math.Max(2, plan.MaxRegionSectors / unit)) * unit;
        var most = random.Next(30) == 0 ? device.Sectors + 2 : Math.Max(1, device.Sectors - count + 1);
        return new IoRegion(device.Name, random.Next(most) / unit * unit, count);
    }
}
