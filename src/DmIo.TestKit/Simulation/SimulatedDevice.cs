using DmIo.Devices;
using DmIo.Io;

namespace DmIo.TestKit.Simulation;

/// <summary>
/// A device whose latencies, order of completion and faults are random, from a seed: for tests of code that uses
/// devices. Calls in flight complete in any order; each call takes effect when it completes, not before. With a time
/// provider that the test controls (such as <c>FakeTimeProvider</c>), a run is a function of its seed.
/// </summary>
/// <remarks>Not thread-safe: one thread drives the time and the calls. The device records violations of the rules for a
/// device's owner (<see cref="Violations"/>).</remarks>
public sealed class SimulatedDevice : IBlockDevice
{
    private const int NoSuchDevice = 19;
    private const int SlowFactor = 100;
    private const byte BouncePattern = 0xB0;

    private readonly SimulatedDisk disk;
    private readonly TimeProvider time;
    private readonly SimulatedDeviceOptions options;
    private readonly Random random;
    private readonly long startTimestamp;
    private readonly int crashesBefore;
    private readonly List<SimulatedCall> inFlight = [];
    private readonly List<SimulatedCall> hung = [];
    private readonly Queue<SimulatedCall> due = [];
    private readonly List<string> violations = [];
    private readonly int[] occurrences;
    private DeviceHost? host;

    /// <param name="disk">The storage, which only one device may use at a time.</param>
    /// <param name="time">Determines when calls complete.</param>
    /// <param name="options">The options; null: no faults, latencies up to 10 ms.</param>
    public SimulatedDevice(SimulatedDisk disk, TimeProvider time, SimulatedDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(time);
        this.disk = disk;
        this.time = time;
        this.options = options ?? new SimulatedDeviceOptions();
        ArgumentNullException.ThrowIfNull(this.options.Faults, nameof(options));
        random = new Random(this.options.Seed);
        occurrences = new int[this.options.Faults.Count];
        startTimestamp = time.GetTimestamp();
        crashesBefore = disk.Crashes;
        var description = new DeviceDescription
        {
            Backend = "simulated",
            Capacity = disk.Capacity,
            MaxDiscard = disk.Capacity,
            MaxWriteZeroes = disk.Capacity,
            HasForceUnitAccess = true,
        };
        Description = this.options.Describe?.Invoke(description) ?? description;
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <summary>Violations of the rules of <see cref="IBlockDevice"/> by the owner; empty if there are none.</summary>
    public IReadOnlyList<string> Violations => violations;

    /// <summary>The number of pending calls, including hung ones.</summary>
    public int InFlight => inFlight.Count;

    /// <summary>The number of calls that wait for <see cref="ReleaseHung"/>.</summary>
    public int HungCalls => hung.Count;

    /// <summary>The device was disposed of.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Disables faults from now on; hung calls remain hung.</summary>
    public bool IsHealed { get; set; }

    /// <summary>Completes all hung calls, without a fault.</summary>
    public void ReleaseHung()
    {
        foreach (var call in hung.ToArray())
        {
            hung.Remove(call);
            CompleteAfter(DrawLatency(), call);
        }
    }

    /// <inheritdoc/>
    public void Attach(DeviceHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        this.host = host;
        Require(
            host.BouncePages.Count == Description.BouncePages,
            $"it requires {Description.BouncePages} pages, and has {host.BouncePages.Count}");
        foreach (var page in host.BouncePages)
        {
            page.Memory.Span.Fill(BouncePattern);
        }
    }

    /// <inheritdoc/>
    public void Poll()
    {
        Require(!IsClosed, "polled when closed");
        for (var count = due.Count; count > 0; count--)
        {
            Complete(due.Dequeue());
        }
    }

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => Start(new SimulatedCall(operation)
    {
        FlushPoint = operation.Kind == IoOperation.Flush ? disk.FlushPoint() : 0,
        Fault = Draw(operation),
    });

    /// <summary>Sectors that were never written, were discarded, or were zeroed with permission to deallocate are
    /// holes; sectors zeroed otherwise are zero. No fault affects the query. Thread-safe.</summary>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return disk.Extents(start, count, max);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Require(inFlight.Count == 0 || HasLostPower, $"closed with {inFlight.Count} calls in flight");
        Require(!IsClosed, "closed twice");
        Require(
            host?.BouncePages.All(page => page.Memory.Span.IndexOfAnyExcept(BouncePattern) < 0) != false,
            "its pages were written by another component");
        IsClosed = true;
        return default;
    }

    /// <summary>The power failed since the device was opened: it no longer completes any call.</summary>
    private bool HasLostPower => disk.Crashes > crashesBefore;

    private bool IsDurable(SimulatedCall call) => call.ForceUnitAccess || !Description.HasVolatileCache;

    private ValueTask<TransferResult> Start(SimulatedCall call)
    {
        CheckCaller(call);
        inFlight.Add(call);
        if (call.Changes && !HasLostPower)
        {
            disk.Begin(call);
        }

        if (call.Fault?.Kind == SimulatedFaultKind.Hung)
        {
            ReportFault(call, call.Start, call.Count);
            hung.Add(call);
        }
        else if (options.MinLatency == TimeSpan.Zero && call.Fault?.Kind != SimulatedFaultKind.Slow
            && random.Next(4) == 0)
        {
            Complete(call);
        }
        else
        {
            var isSlow = call.Fault?.Kind == SimulatedFaultKind.Slow;
            if (isSlow)
            {
                ReportFault(call, call.Start, call.Count);
            }

            CompleteAfter(isSlow ? options.MaxLatency * SlowFactor : DrawLatency(), call);
        }

        return new ValueTask<TransferResult>(call.Task);
    }

    private void CheckCaller(SimulatedCall call)
    {
        Require(!IsClosed, $"{call} on a closed device");
        Require(!HasLostPower, $"{call} on a device from before a crash");
        Require(
            call.Start.Value >= 0 && call.Start.Value + call.Count.Value <= Description.Capacity.Sectors.Value,
            $"{call} does not lie within its {Description.Capacity.Sectors} sectors");
        Require(
            (call.Start.Value * Sector.SizeBytes) % Description.BlockSize.Bytes == 0
                && call.Count.Bytes % Description.BlockSize.Bytes == 0,
            $"{call} does not fit its block of {Description.BlockSize.Bytes} bytes");
        Require(!call.Changes || !Description.IsReadOnly, $"{call} on a read-only device");
        Require(!call.ForceUnitAccess || Description.HasForceUnitAccess, "FUA on a device without FUA");
        Require(
            call.Count <= Description.LimitOf(call.Operation).Sectors, $"a {call.Operation.Name()} beyond the limit");
        Require(
            Description.HasFastWriteZeroes || !call.Zeroing.HasFlag(WriteZeroesFlags.NoFallback),
            "a fast write-zeroes on a device without it");
        if (call.Memory is { } memory)
        {
            Require(memory.Count <= Description.MaxSegments, $"{call} of {memory.Count} segments");
        }

        if (inFlight.Find(call.Conflicts) is { } other)
        {
            Require(false, $"{call} while {other} is in flight");
        }
    }

    private void Require(bool isAllowed, string violation)
    {
        if (!isAllowed)
        {
            violations.Add(violation);
        }
    }

    private TimeSpan DrawLatency() =>
        options.MinLatency + ((options.MaxLatency - options.MinLatency) * random.NextDouble());

    private void CompleteAfter(TimeSpan latency, SimulatedCall call)
    {
        var timer = default(ITimer);
        timer = time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                if (options.CompletesInPoll && host is not null)
                {
                    due.Enqueue(call);
                    host.Wake();
                }
                else
                {
                    Complete(call);
                }
            },
            null,
            latency,
            Timeout.InfiniteTimeSpan);
    }

    private SimulatedFault? Draw(in DeviceOperation operation)
    {
        var now = time.GetElapsedTime(startTimestamp);
        for (var index = 0; index < options.Faults.Count && !IsHealed; index++)
        {
            var fault = options.Faults[index];
            if (now >= fault.From && (fault.Until is not { } until || now < until)
                && fault.Filter.Matches(operation)
                && (fault.MaxCount is not { } max || occurrences[index] < max)
                && random.NextDouble() < fault.Probability)
            {
                occurrences[index]++;
                return fault;
            }
        }

        return null;
    }

    private void Complete(SimulatedCall call)
    {
        if (HasLostPower)
        {
            return;
        }

        var result = ResultOf(call);
        disk.End(call);
        inFlight.Remove(call);
        call.SetResult(result);
    }

    private TransferResult ResultOf(SimulatedCall call)
    {
        switch (call.Fault?.Kind)
        {
            case SimulatedFaultKind.Error:
                ReportFault(call, call.Start, call.Count);
                return TransferResult.Failed(
                    IoStatus.DeviceError($"The simulated {call} failed.", call.Fault.Errno));
            case SimulatedFaultKind.Gone:
                ReportFault(call, call.Start, call.Count);
                return TransferResult.Failed(
                    IoStatus.DeviceError("The simulated device is missing.", NoSuchDevice));
            case SimulatedFaultKind.Torn when call.Changes:
                ReportFault(call, call.Start, call.Count);
                disk.Write(call, call.Start, IsDurable(call), disk.DrawTear((int)call.Count.Value));
                return TransferResult.Failed(IoStatus.DeviceError($"The simulated {call} tore.", call.Fault.Errno));
            case SimulatedFaultKind.Misdirected when call.Changes && call.Memory is not null:
                return Misdirect(call);
            case SimulatedFaultKind.ShortTransfer when call.Memory is not null && call.Count.Value > 1:
                ReportFault(call, call.Start, call.Count);
                return Transfer(call, random.Next(1, (int)call.Count.Value));
            default:
                return Transfer(call, (int)call.Count.Value);
        }
    }

    private TransferResult Transfer(SimulatedCall call, int sectors)
    {
        if (call.Changes)
        {
            disk.Write(call, call.Start, IsDurable(call), index => index < sectors);
        }
        else if (call.Operation.FillsMemory())
        {
            Fill(call, sectors);
        }
        else
        {
            disk.Flush(call.FlushPoint);
        }

        return TransferResult.Moved((long)sectors * Sector.SizeBytes);
    }

    private void Fill(SimulatedCall call, int sectors)
    {
        var data = new byte[sectors * Sector.SizeBytes];
        disk.Read(call.Start, data);
        if (call.Fault?.Kind == SimulatedFaultKind.Corrupt)
        {
            var sector = random.Next(sectors);
            ReportFault(call, call.Start.Value + sector, 1);
            data[(sector * Sector.SizeBytes) + random.Next(Sector.SizeBytes)] ^= (byte)(1 << random.Next(8));
        }

        call.Memory!.CopyFrom(data);
    }

    private TransferResult Misdirect(SimulatedCall call)
    {
        var start = random.NextInt64(Description.Capacity.Sectors.Value - call.Count.Value + 1);
        ReportFault(call, call.Start, call.Count);
        ReportFault(call, start, call.Count);
        disk.Write(call, start, IsDurable(call), static _ => true);
        return TransferResult.Moved(call.Count.Bytes);
    }

    private void ReportFault(SimulatedCall call, Sector start, SectorCount count) =>
        options.Observer?.Invoke(
            new SimulatedFaultEvent(call.Fault!.Kind, call.Operation, start, count, call.ForceUnitAccess));
}
