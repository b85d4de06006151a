using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>A query for the extents of a device, and the check of its reply: sectors reported as zero must read as zero
/// during the query.</summary>
internal sealed class ExtentQuery
{
    private static readonly byte[] Zeroes = new byte[Sector.SizeBytes];

    private readonly Oracle oracle;
    private readonly GetExtents query;
    private readonly DeviceRecord? device;
    private readonly DiskAccess[] reads;
    private readonly bool isBad;

    internal ExtentQuery(Oracle oracle, RunPlan plan, Random random)
    {
        this.oracle = oracle;
        var disk = plan.Devices[random.Next(plan.Devices.Count)];
        var start = random.Next(disk.Sectors);
        var count = random.Next(1, Math.Min(plan.MaxRegionSectors, disk.Sectors - start) + 1);
        query = new GetExtents(disk.Name, start, count, random.Next(1, 6));
        query = random.Next(20) switch
        {
            0 => query with { Device = "nowhere" },
            1 => query with { Count = disk.Sectors - start + 1 },
            2 => query with { Max = 0 },
            _ => query,
        };
        isBad = query.Device != disk.Name || query.Max == 0
            || query.Start.Value + query.Count.Value > disk.Sectors;
        oracle.Note($"sends {query}");
        Moment = oracle.NextMoment();
        device = isBad ? null : oracle[disk.Name];
        reads = device is null ? [] : [.. Enumerable.Range(start, count).Select(
            sector => device.Disk.Begin(new DiskAccess(IoOperation.Read, sector, 1) { Label = "extents" }))];
    }

    /// <summary>The moment at which the query was sent.</summary>
    internal long Moment { get; }

    internal bool IsAnswered { get; private set; }

    internal void Ask(SimulatedProcess process) => process.Supervisor.Tell(query, process.NewReceiver(OnReply));

    /// <summary>No reply will come.</summary>
    internal void Forget() => Array.ForEach(reads, read => device!.Disk.Withdraw(read));

    private void OnReply(object message)
    {
        oracle.Require(!IsAnswered, $"{query} got a second reply: {message}");
        IsAnswered = true;
        switch (message)
        {
            case Extents extents:
                oracle.Note($"{query.Device} has {string.Join(", ", extents.List)}");
                oracle.Require(!isBad, $"invalid {query} was not refused");
                Judge(extents);
                break;
            case ExtentsRefused refused:
                oracle.Note($"no extents: {refused.Reason}");
                oracle.Require(
                    device is null || oracle.IsEnding || device.LastGone >= Moment || device.LastFailed >= Moment,
                    $"{query} is refused: {refused.Reason}");
                Forget();
                break;
            default:
                oracle.Require(false, $"{query} got the reply {message}");
                break;
        }
    }

    private void Judge(Extents extents)
    {
        oracle.Require(
            extents.Start == query.Start && extents.List.Count >= 1 && extents.List.Count <= query.Max
                && extents.List.Sum(extent => extent.Count.Value) <= reads.Length,
            $"{query} got the extents {string.Join(", ", extents.List)}");
        var kinds = extents.List.SelectMany(
            extent => Enumerable.Repeat(extent.Kind, (int)extent.Count.Value)).ToList();
        for (var index = 0; index < reads.Length; index++)
        {
            var isZero = index < kinds.Count && kinds[index] != ExtentKind.Data;
            device!.Disk.End(reads[index], IoStatus.Ok, isZero ? Zeroes : []);
        }

        oracle.Require(device!.Disk);
    }
}
