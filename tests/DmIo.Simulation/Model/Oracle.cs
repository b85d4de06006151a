using System.Runtime.CompilerServices;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// Knows what was asked for, and judges each outcome as it comes: is it one that the promises allow? Moments are a
/// count of what it was told.
/// </summary>
internal sealed class Oracle
{
    /// <summary>What a slow machine may add to a deadline.</summary>
    private static readonly TimeSpan MostLateness = TimeSpan.FromSeconds(20);

    /// <summary>What nobody was told the end of.</summary>
    private static readonly IoStatus Unheard = IoStatus.Failed(IoStatusCode.Stopped, "Nobody knows.");

    private readonly Dictionary<string, DeviceRecord> devices = [];
    private readonly Dictionary<string, DiskOracle> disks = [];
    private readonly List<SimulatedRequest> outstanding = [];
    private readonly List<SimulatedRequest> cancelled = [];
    private readonly SimulatedRuntime runtime;
    private readonly Trace trace;
    private long now;

    internal Oracle(SimulatedRuntime runtime, Trace trace)
    {
        this.runtime = runtime;
        this.trace = trace;
        Returned = new ReturnedMemory(this);
    }

    internal ReturnedMemory Returned { get; }

    internal IReadOnlyList<SimulatedRequest> Outstanding => outstanding;

    /// <summary>The first promise that was broken, in words; what comes behind it says nothing.</summary>
    internal string? Failure { get; private set; }

    /// <summary>The service was told to end, so that it refuses.</summary>
    internal bool IsEnding { get; private set; }

    /// <summary>From now on it refuses.</summary>
    internal void End()
    {
        IsEnding = true;
        Returned.ForgetPages();
    }

    /// <summary>There is another.</summary>
    internal void BeginAnew()
    {
        ForgetRequests();
        IsEnding = false;
    }

    internal DeviceRecord this[string name] => devices[name];

    internal DeviceRecord? TryFind(string name) => devices.GetValueOrDefault(name);

    internal void Add(DevicePlan plan)
    {
        var device = new DeviceRecord(plan);
        devices.Add(plan.Name, device);
        disks.Add(plan.Name, device.Disk);
    }

    internal long NextMoment() => ++now;

    internal void Note(string what) => trace.Add(runtime.Now, what);

    internal void Require(
        bool isKept, [InterpolatedStringHandlerArgument(nameof(isKept))] ref BrokenText broken)
    {
        if (!isKept && Failure is null)
        {
            Failure = broken.Take();
            Note("BROKEN: " + Failure);
        }
    }

    /// <summary>That came about.</summary>
    internal void Saw<T>(T kind)
        where T : struct, Enum => trace.Coverage.Add(kind);

    /// <summary>It is about to be sent.</summary>
    internal void Begin(SimulatedRequest request)
    {
        Note($"{request.Lease} asks {request}");
        RequestSights.Note(this, request);
        request.Began = runtime.Now;
        outstanding.Add(request);
        request.Lease.Outstanding.Add(request);
        var message = request.Message;
        request.Moment = ++now;
        if (!request.IsBad)
        {
            request.Access = new RequestAccess(message.Operation, message.Regions)
            {
                Data = request.Data,
                Edges = message.Edges,
                ForceUnitAccess = message.ForceUnitAccess,
                Stream = request.Lease.Number,
                Label = $"#{request.Number}",
            };
            request.Access.Begin(disks);
        }
    }

    /// <summary>Its outcome, the one that it gets.</summary>
    internal void Ended(SimulatedRequest request, IoResult result)
    {
        Note($"#{request.Number} ends: {result}");
        Take(request);
        Require(!request.IsBad, $"{request} breaks a rule and was not refused");
        Require(
            !request.IsToldOnTurn || request.Message.Deadline is not { } deadline
                || runtime.Now - request.Began < deadline + MostLateness,
            $"{request} ended {runtime.Now - request.Began} after it was asked for");
        Require(
            result.RegionCount == request.Message.Regions.Count,
            $"{request} has an outcome of {result.RegionCount}");
        Require(!result.BufferHeld || MayHoldBuffer(request, result), $"{request} leaves its buffer held: {result}");
        JudgeData(request, result, mayBeUntouched: result.Errors[0] && result[0].Code == IoStatusCode.Stopped);
        for (var index = 0; index < result.RegionCount; index++)
        {
            Judge(request, index, result);
        }

        if (result.BufferHeld)
        {
            request.Lease.Held.Add(request);
        }
        else
        {
            Returned.Take(request);
        }

        Forget();
    }

    /// <summary>It was refused: nothing of it was begun.</summary>
    internal void Refused(SimulatedRequest request, IoRefusal cause, string reason)
    {
        Note($"#{request.Number} is refused: {reason}");
        var isDue = cause switch
        {
            IoRefusal.BreaksRule => request.IsBad,
            IoRefusal.Stopped => request.Lease.WasCut || request.Lease.IsEnding || IsEnding,
            _ => true,
        };
        Require(isDue, $"{request} is refused ({cause}): {reason}");
        NotBegun(request);
    }

    /// <summary>The client has ended, and does not send it.</summary>
    internal void NotBegun(SimulatedRequest request)
    {
        Take(request);
        request.Access?.Withdraw();
        Returned.Take(request);
    }

    /// <summary>Nobody waits for it any more. It goes on (R10), and nobody hears of its end; not before the lease's own
    /// is its memory the caller's again.</summary>
    internal void Cancelled(SimulatedRequest request)
    {
        Note($"#{request.Number} is cancelled");
        Require(!request.IsBad, $"{request} breaks a rule and was not refused");
        Take(request);
        cancelled.Add(request);
        request.Lease.Held.Add(request);
    }

    /// <summary>All of a lease is over: no device has any memory of it.</summary>
    internal void Ended(SimulatedLease lease)
    {
        foreach (var request in lease.Held)
        {
            if (cancelled.Remove(request))
            {
                // It happened or it did not; what it read is something that was there.
                JudgeData(request, UnheardOf(request), mayBeUntouched: true);
            }

            Returned.Take(request);
        }

        lease.Held.Clear();
    }

    internal void PutRefused(SimulatedLease lease, PutRefused refused)
    {
        Note($"{lease}'s Put is refused: {refused.Reason}");
        Require(
            lease.WrongPuts > 0 || lease.WasCut || IsEnding, $"the Put of {lease} was refused: {refused.Reason}");
        lease.WrongPuts = Math.Max(0, lease.WrongPuts - 1);
    }

    internal void Happened(string name, SimulatedFaultEvent fault)
    {
        Saw(fault.Kind);
        Note($"{name}: {fault.Kind} at {fault.Operation} {fault.Start}+{fault.Count}");
        devices[name].Happened(++now, fault);
    }

    /// <summary>From now on (or still, as the case may be) nothing of that name is in service.</summary>
    internal void Gone(string name)
    {
        devices[name].LastGone = long.MaxValue;
        Note($"{name} may be gone");
    }

    /// <summary>The device is attached anew, which may be trusted.</summary>
    internal void Attaching(string name) => devices[name].Attach(++now);

    /// <summary>It is in service; what was before excuses only what was asked for before.</summary>
    internal void Online(string name)
    {
        devices[name].LastGone = ++now;
        Note($"{name} is in service");
    }

    /// <summary>The processes died, and with them the requests; the disks keep what they have to.</summary>
    internal void Crash(string name, SimulatedDisk disk)
    {
        var device = devices[name];
        device.Disk.Crash(ContentOf(disk));
        Require(device.Disk);
        device.LastGone = long.MaxValue;
        device.LastFailed = -1;
    }

    /// <summary>What has no outcome will have none; nobody works at it any more.</summary>
    private void ForgetRequests()
    {
        Returned.ForgetPages();
        outstanding.ForEach(request => request.Access?.End(UnheardOf(request)));
        outstanding.Clear();
        cancelled.Clear();
    }

    /// <summary>Nothing is under way.</summary>
    internal void CheckDisk(string name, SimulatedDisk disk)
    {
        devices[name].Disk.CheckContent(0, ContentOf(disk));
        Require(devices[name].Disk);
    }

    private static IoResult UnheardOf(SimulatedRequest request) =>
        new([.. Enumerable.Repeat(Unheard, request.Message.Regions.Count)]);

    private static ReadOnlySpan<byte> ContentOf(SimulatedDisk disk) => disk.Peek(0, disk.Capacity.Sectors).Span;

    /// <summary>It found nothing wrong.</summary>
    internal void Require(DiskOracle disk)
    {
        var findings = disk.Findings;
        Require(findings.Count == 0, $"{findings[0]}");
    }

    private void Take(SimulatedRequest request)
    {
        Require(!request.IsAnswered, $"{request} has a second outcome");
        request.IsAnswered = true;
        outstanding.Remove(request);
        request.Lease.Outstanding.Remove(request);
        now++;
    }

    /// <summary>What the request found, or left, is what it may be.</summary>
    private void JudgeData(SimulatedRequest request, IoResult result, bool mayBeUntouched)
    {
        request.Access?.End(result, FoundBy(request, mayBeUntouched));
        foreach (var disk in disks.Values)
        {
            Require(disk);
        }
    }

    private void Judge(SimulatedRequest request, int index, IoResult result)
    {
        var (message, region, status) = (request.Message, request.Message.Regions[index], result[index]);
        Saw(status.Code);
        Require(result.Errors[index] == !status.IsOk, $"bit {index} of {request} is not what {status} says");
        now++;
        if (region.Count.Value == 0 && message.Operation != IoOperation.Flush)
        {
            // A request that was never begun says so of all its regions.
            Require(
                status.IsOk || (status.Code == IoStatusCode.Stopped && (request.Lease.WasCut || IsEnding)),
                $"region {index} of {request} has no sectors, and {status}");
            return;
        }

        if (!devices.TryGetValue(region.Device, out var device))
        {
            Require(
                status.Code is IoStatusCode.DeviceGone or IoStatusCode.Stopped or IoStatusCode.TimedOut,
                $"region {index} of {request} names no device, and {status}");
            return;
        }

        if (status.IsOk)
        {
            JudgeSuccess(request, index, device);
        }
        else
        {
            Excuses.Check(this, request, index, status, device, runtime.Now);
            if (message.Operation == IoOperation.Flush
                && status.Code is (IoStatusCode.DeviceFailed or IoStatusCode.DeviceError)
                && request.Moment > device.Attached)
            {
                device.FlushFailed = Math.Min(device.FlushFailed, now);
            }
        }
    }

    private void JudgeSuccess(SimulatedRequest request, int index, DeviceRecord device)
    {
        var (message, region) = (request.Message, request.Message.Regions[index]);
        Require(
            message.Operation == IoOperation.Flush
                || region.Start.Value + region.Count.Value <= device.SectorCount,
            $"region {index} of {request} lies beyond {device.SectorCount} sectors, and went well");
        Require(
            request.Moment < device.FlushFailed,
            $"region {index} of {request} went well, though a flush had failed before it was asked for (R14)");
    }

    /// <summary>What a read brought. What a failed one did not deliver is zero (R8), but what was never begun is as it
    /// was: as good.</summary>
    private static byte[] FoundBy(SimulatedRequest request, bool mayBeUntouched)
    {
        if (request.Message.Operation != IoOperation.Read || request.HasLostPages)
        {
            return [];
        }

        var found = request.Memory!.ToArray().AsSpan(0, (int)request.Message.Regions[0].Count.Bytes);
        for (var at = 0; at < found.Length && mayBeUntouched; at += Sector.SizeBytes)
        {
            var sector = found.Slice(at, Sector.SizeBytes);
            if (GuardedMemory.IsUntouched(sector))
            {
                sector.Clear();
            }
        }

        return found.ToArray();
    }

    private bool MayHoldBuffer(SimulatedRequest request, IoResult result) =>
        request.Lease.WasCut || IsEnding || (request.Message.Deadline is not null
            && Enumerable.Range(0, result.RegionCount).Any(index => result[index].Code == IoStatusCode.TimedOut));

    private void Forget()
    {
        const int rarely = 64;
        if (now % rarely == 0)
        {
            var oldest = outstanding.Concat(cancelled).Select(request => request.Moment).DefaultIfEmpty(now).Min();
            foreach (var device in devices.Values)
            {
                device.Forget(oldest);
            }
        }
    }
}
