using System.Text;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// One crash of all devices of a <see cref="WriteLog"/>: a point in the log, and the outcome of each write that was
/// uncertain at that point. Immutable; any number of devices can be opened from it.
/// </summary>
public sealed class Crash
{
    private readonly LogHistory history;
    private readonly IReadOnlyList<WriteLogDevice> devices;
    private readonly Dictionary<ReplayedWrite, Tear> tears;

    internal Crash(
        LogHistory history, IReadOnlyList<WriteLogDevice> devices, int point, Dictionary<ReplayedWrite, Tear> tears)
    {
        this.history = history;
        this.devices = devices;
        this.tears = tears;
        Point = point;
        Marks =
        [
            .. history.Events.Take(point).Where(logged => logged.Kind == LogEventKind.Marked)
                .Select(logged => logged.Mark!),
        ];
    }

    /// <summary>The number of log events before the crash.</summary>
    public int Point { get; }

    /// <summary>The marks of the application before the crash, in order.</summary>
    public IReadOnlyList<string> Marks { get; }

    /// <summary>The uncertain writes that are lost or torn.</summary>
    internal IEnumerable<ReplayedWrite> Damaged =>
        tears.Where(pair => pair.Value != Tear.Whole).Select(pair => pair.Key);

    /// <summary>The contents of the only device of the log after the crash.</summary>
    /// <exception cref="InvalidOperationException">The log has several devices, or none.</exception>
    public IBlockDevice Open() => Open(devices.Single().Name);

    /// <summary>
    /// The contents of a device of the log after the crash: each call returns a new device in memory, with the capacity
    /// and block size of the recorded one. The device can be recorded in another log, to test crashes during recovery.
    /// </summary>
    /// <exception cref="ArgumentException">The log has no device of this name.</exception>
    public IBlockDevice Open(string name)
    {
        var device = devices.FirstOrDefault(known => known.Name == name)
            ?? throw new ArgumentException($"The log has no device '{name}'.", nameof(name));
        var target = new MemoryDevice(device.Description.Capacity);
        Restore(device, target);
        return new CrashedDevice(this, device, target);
    }

    /// <summary>Describes the outcome of the uncertain writes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"Crash after {Point} of {history.Events.Count} events");
        text.AppendLine(Marks.Count == 0 ? ", nothing marked." : $", the last mark \"{Marks[^1]}\".");
        foreach (var write in history.Writes.Where(write => tears.GetValueOrDefault(write) != Tear.Whole))
        {
            var suffix = write.IsInFlightAt(Point) ? ", in flight" : "";
            text.AppendLine($"  {DescribeOutcome(write)}: {write.Operation}{suffix}");
        }

        var (all, damaged) = (tears.Count, Damaged.Count());
        text.AppendLine(
            all == 0 ? "  Every write was certain."
            : damaged == all ? "  Nothing else was uncertain."
            : $"  present: all other uncertain writes ({all - damaged})");
        return text.ToString();
    }

    internal Tear TearOf(ReplayedWrite write) => tears.GetValueOrDefault(write);

    /// <summary>Writes the device's contents after the crash to a zeroed device.</summary>
    internal void Restore(WriteLogDevice device, MemoryDevice target)
    {
        device.InitialContents?.Restore(target);
        foreach (var write in history.Writes.Where(write => write.Operation.Device == device))
        {
            if (write.IsCertainAt(Point) || tears.ContainsKey(write))
            {
                Apply(write, target);
            }
        }
    }

    private void Apply(ReplayedWrite write, MemoryDevice target)
    {
        foreach (var (first, count) in write.PresentBytes(TearOf(write), Point))
        {
            var sector = new Sector(first / Sector.SizeBytes);
            if (write.Operation.Data is { } data)
            {
                var batch = new SegmentBatch();
                batch.Add(data.AsMemory((int)(first - (write.Operation.Start.Value * Sector.SizeBytes)), (int)count));
                Require(target.WriteAsync(sector, batch, forceUnitAccess: false).AsTask().Result.Status);
            }
            else
            {
                var zeroes = new SectorCount(count / Sector.SizeBytes);
                Require(target.WriteZeroesAsync(sector, zeroes, WriteZeroesFlags.None).AsTask().Result);
            }
        }
    }

    /// <summary>A memory device completes synchronously; it fails only if memory is exhausted.</summary>
    private static void Require(IoStatus status)
    {
        if (!status.IsOk)
        {
            throw new IOException(status.ToString());
        }
    }

    private string DescribeOutcome(ReplayedWrite write)
    {
        if (TearOf(write).Kind == TearKind.Lost)
        {
            return "lost";
        }

        var runs = write.PresentBytes(TearOf(write), Point)
            .Select(run => $"{run.First / Sector.SizeBytes}+{(run.Count + Sector.SizeBytes - 1) / Sector.SizeBytes}");
        return $"torn, only sectors {string.Join(", ", runs)} of it are present";
    }
}

/// <summary>A device with its contents after a crash. Stores the crash, so that another log can start from
/// it.</summary>
internal sealed class CrashedDevice : DeviceDecorator
{
    private readonly Crash crash;
    private readonly WriteLogDevice recorded;

    /// <param name="crash">The crash.</param>
    /// <param name="recorded">The device before the crash.</param>
    /// <param name="contents">A memory device, which supports durable writes and any block size.</param>
    internal CrashedDevice(Crash crash, WriteLogDevice recorded, MemoryDevice contents)
        : base(contents)
    {
        this.crash = crash;
        this.recorded = recorded;
        Description = contents.Description with
        {
            BlockSize = recorded.Description.BlockSize,
            HasForceUnitAccess = recorded.Description.HasForceUnitAccess,
        };
    }

    /// <inheritdoc/>
    public override DeviceDescription Description { get; }

    /// <summary>Writes the initial contents to a zeroed device.</summary>
    internal void Restore(MemoryDevice target) => crash.Restore(recorded, target);
}
