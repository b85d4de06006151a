using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>The permission of one attachment to send I/O to a leg.</summary>
/// <param name="epoch">The epoch of its writer.</param>
internal sealed class LegGrant(Epoch epoch)
{
    internal Epoch Epoch { get; } = epoch;

    /// <summary>No more I/O is let in.</summary>
    internal bool IsCut { get; set; }

    /// <summary>A flush or a forced write has failed: all I/O fails from then on, also reads.</summary>
    internal bool IsStopped { get; set; }
}

/// <summary>I/O of a device: of a grant, or of the voter beside it.</summary>
internal sealed class LegIo(IoOperation kind, int first, int count)
{
    internal IoOperation Kind => kind;

    internal int First => first;

    internal int Count => count;

    /// <summary>The sectors to write, or those that were read.</summary>
    internal byte[]?[] Sectors { get; set; } = [];

    internal bool IsForced { get; init; }

    /// <summary>The grant under which it is sent; null: it is a write of the superblock.</summary>
    internal LegGrant? Grant { get; init; }

    /// <summary>The process of the voter that let it in.</summary>
    internal int Process { get; set; }

    /// <summary>Called with whether it succeeded.</summary>
    internal Action<bool>? Ended { get; set; }

    internal bool IsRunning { get; set; }

    /// <summary>It did not end because the device hangs.</summary>
    internal bool IsStuck { get; set; }

    /// <summary>Flush: the last write that it covers.</summary>
    internal long Covered { get; set; }

    internal bool Conflicts(LegIo other) => (kind != IoOperation.Read || other.Kind != IoOperation.Read)
        && first < other.First + other.Count && other.First < first + count;

    public override string ToString() => $"{kind} {first}+{count}";
}

/// <summary>
/// The disk of a member, with the I/O that it works on. It outlives the processes that use it.
/// <list type="bullet">
/// <item>I/O takes effect when it ends; I/O that overlaps, in the order in which it arrived.</item>
/// <item>A flush makes durable what had taken effect when it began. One that fails loses the cache, as on Linux: what
/// could not be written counts as clean. Therefore the device fails everything from then on.</item>
/// </list>
/// </summary>
internal sealed class LegDevice(SimulatedVolume volume, SimulatedMember member, int sectors)
{
    private readonly List<LegIo> queue = [];
    private readonly double slowness = Math.Pow(2, volume.Random.NextDouble() * volume.Options.Slowness);

    internal SectorDisk Disk { get; } = new(sectors, volume.Random);

    /// <summary>The probabilities that I/O fails, by <see cref="IoOperation"/>.</summary>
    internal double[] Errors { get; } = new double[8];

    /// <summary>A flush or a forced write has failed: everything fails until the device is opened again.</summary>
    private bool isStopped;

    /// <summary>Nothing ends until <see cref="Release"/>.</summary>
    internal bool IsHung { get; private set; }

    /// <summary>I/O for data or maps that an earlier process let in may still take effect.</summary>
    internal bool HasOlder(int process) => queue.Exists(io => io.Process < process && io.Grant is not null);

    /// <summary>I/O of the grant may still take effect.</summary>
    internal bool Has(LegGrant grant) => queue.Exists(io => io.Grant == grant);

    internal void Submit(LegIo io)
    {
        queue.Add(io);
        TryStart(queue.Count - 1);
    }

    internal void Hang() => IsHung = true;

    internal void Reopen() => isStopped = false;

    internal void Release()
    {
        IsHung = false;
        foreach (var io in queue.Where(io => io.IsStuck))
        {
            io.IsStuck = false;
            volume.Events.After(volume.DrawLatency(), () => End(io));
        }
    }

    /// <summary>Any part of the writes in flight, and of the cache, survives.</summary>
    internal void LosePower()
    {
        IsHung = false;
        foreach (var io in queue.Where(io => io is { Kind: IoOperation.Write, IsRunning: true }))
        {
            WritePart(io);
        }

        queue.Clear();
        Disk.LoseCache();
    }

    private void TryStart(int index)
    {
        var io = queue[index];
        for (var i = 0; i < index; i++)
        {
            if (io.Kind != IoOperation.Flush && queue[i].Conflicts(io))
            {
                return;
            }
        }

        (io.IsRunning, io.Covered) = (true, Disk.LastNumber);
        volume.Events.After(volume.DrawLatency(slowness), () => End(io));
    }

    private void End(LegIo io)
    {
        if (!queue.Contains(io))
        {
            return;
        }

        if (IsHung)
        {
            io.IsStuck = true;
            return;
        }

        var isOk = volume.Random.NextDouble() >= Errors[(int)io.Kind]
            && !isStopped && io.Grant is not { IsStopped: true };
        Perform(io, isOk);
        StopIfUnsafe(io, isOk);
        volume.Log?.Add($"leg {member.Number}: {io} ends{(isOk ? "" : " with an error")}");
        queue.Remove(io);
        for (var i = 0; i < queue.Count; i++)
        {
            if (!queue[i].IsRunning)
            {
                TryStart(i);
            }
        }

        io.Ended?.Invoke(isOk);
        if (io.Kind != IoOperation.Read)
        {
            volume.Adversary?.Changed();
        }
    }

    /// <summary>After a failed flush, what was written may be lost, so nothing can be trusted. The system may have lost
    /// writes that were not forced with a forced one as well.</summary>
    private void StopIfUnsafe(LegIo io, bool isOk)
    {
        if (isOk || !(io.IsForced || io.Kind == IoOperation.Flush))
        {
            return;
        }

        isStopped |= volume.Options.StopsDevices;
        if (io.Grant is { IsStopped: false } grant)
        {
            grant.IsStopped = true;
            Disk.LoseCache();
            volume.Checks.CacheLost(member);
        }
    }

    private void Perform(LegIo io, bool isOk)
    {
        volume.Checks.Performs(member, io);
        switch (io.Kind)
        {
            case IoOperation.Read:
                io.Sectors = new byte[]?[io.Count];
                for (var i = 0; i < io.Count && isOk; i++)
                {
                    io.Sectors[i] = Disk[io.First + i];
                }

                break;
            case IoOperation.Write when isOk:
                for (var i = 0; i < io.Count; i++)
                {
                    Disk.Write(io.First + i, io.Sectors[i], io.IsForced);
                }

                break;
            case IoOperation.Write:
                WritePart(io);
                break;
            case IoOperation.Flush when isOk:
                Disk.Flush(io.Covered);
                break;
        }
    }

    private void WritePart(LegIo io)
    {
        var mayTear = io.Grant is not null || volume.Options.IsBeyondAtlas
            || member.Metadata.MayTear(io);
        var mode = mayTear ? volume.Random.Next(3) : 0;
        for (var i = 0; i < io.Count; i++)
        {
            if (mode == 1 || (mode == 2 && volume.Random.Next(2) == 0))
            {
                Disk.Write(io.First + i, io.Sectors[i], io.IsForced || volume.Random.Next(2) == 0);
            }
        }
    }
}
