using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>Asks what a device knows of its sectors, and judges the answer: what is told to be zero would be read as
/// zero by somebody who reads for as long as the answer takes.</summary>
internal sealed class ExtentQuestion
{
    private static readonly byte[] Zeroes = new byte[Sector.SizeBytes];

    private readonly Oracle oracle;
    private readonly GetExtents question;
    private readonly DeviceRecord? device;
    private readonly DiskAccess[] reads;
    private readonly bool isBad;

    internal ExtentQuestion(Oracle oracle, RunPlan plan, Random random)
    {
        this.oracle = oracle;
        var disk = plan.Devices[random.Next(plan.Devices.Count)];
        var start = random.Next(disk.Sectors);
        var count = random.Next(1, Math.Min(plan.MostRegionSectors, disk.Sectors - start) + 1);
        question = new GetExtents(disk.Name, start, count, random.Next(1, 6));
        question = random.Next(20) switch
        {
            0 => question with { Device = "nowhere" },
            1 => question with { Count = disk.Sectors - start + 1 },
            2 => question with { Max = 0 },
            _ => question,
        };
        isBad = question.Device != disk.Name || question.Max == 0
            || question.Start.Value + question.Count.Value > disk.Sectors;
        oracle.Note($"asks for {question}");
        Moment = oracle.NextMoment();
        device = isBad ? null : oracle[disk.Name];
        reads = device is null ? [] : [.. Enumerable.Range(start, count).Select(
            sector => device.Disk.Begin(new DiskAccess(IoOperation.Read, sector, 1) { Label = "extents" }))];
    }

    /// <summary>When it was asked.</summary>
    internal long Moment { get; }

    internal bool IsAnswered { get; private set; }

    internal void Ask(SimulatedProcess process) => process.Supervisor.Tell(question, process.NewEar(Hear));

    /// <summary>No answer will come.</summary>
    internal void Forget() => Array.ForEach(reads, read => device!.Disk.Withdraw(read));

    private void Hear(object message)
    {
        oracle.Require(!IsAnswered, $"{question} is answered again: {message}");
        IsAnswered = true;
        switch (message)
        {
            case Extents extents:
                oracle.Note($"{question.Device} tells {string.Join(", ", extents.List)}");
                oracle.Require(!isBad, $"{question} makes no sense, and is answered");
                Judge(extents);
                break;
            case ExtentsRefused refused:
                oracle.Note($"no extents: {refused.Reason}");
                oracle.Require(
                    device is null || oracle.IsEnding || device.LastGone >= Moment || device.LastFailed >= Moment,
                    $"{question} is refused: {refused.Reason}");
                Forget();
                break;
            default:
                oracle.Require(false, $"{question} is answered {message}");
                break;
        }
    }

    private void Judge(Extents extents)
    {
        oracle.Require(
            extents.Start == question.Start && extents.List.Count >= 1 && extents.List.Count <= question.Max
                && extents.List.Sum(extent => extent.Count.Value) <= reads.Length,
            $"{question} is answered {string.Join(", ", extents.List)}");
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
