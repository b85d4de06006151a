using System.Runtime.CompilerServices;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// Knows all requests, and checks that each outcome is one that the rules allow. Moments count the events that the
/// oracle has seen.
/// </summary>
internal sealed class Oracle
{
    /// <summary>The allowed delay after a deadline on a slow machine.</summary>
    private static readonly TimeSpan MaxLateness = TimeSpan.FromSeconds(20);

    /// <summary>The outcome of requests whose outcome was never reported.</summary>
    private static readonly IoStatus UnknownOutcome = IoStatus.Failed(IoStatusCode.Stopped, "The outcome is unknown.");

    private readonly Dictionary<string, DeviceRecord> devices = [];
    private readonly Dictionary<string, DiskOracle> disks = [];
    private readonly List<SimulatedRequest> outstanding = [];
    private readonly List<SimulatedRequest> canceled = [];
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

    /// <summary>Describes the first violated guarantee. Later violations may follow from it and are ignored.</summary>
    internal string? Failure { get; private set; }

    /// <summary>The service is ending, and refuses requests.</summary>
    internal bool IsEnding { get; private set; }

    /// <summary>From now on the service may refuse requests.</summary>
    internal void End()
    {
        IsEnding = true;
        Returned.ForgetPages();
    }

    /// <summary>Another service has started.</summary>
    internal void Restart()
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
        bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref ViolationText violation)
    {
        if (!holds && Failure is null)
        {
            Failure = violation.Take();
            Note("VIOLATION: " + Failure);
        }
    }

    /// <summary>Counts this value as covered.</summary>
    internal void Cover<T>(T kind)
        where T : struct, Enum => trace.Coverage.Add(kind);

    /// <summary>The request is about to be sent.</summary>
    internal void Begin(SimulatedRequest request)
    {
        Note($"{request.Lease} sends {request}");
        RequestTraits.Note(this, request);
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

    /// <summary>The request has its outcome.</summary>
    internal void Ended(SimulatedRequest request, IoResult result)
    {
        Note($"#{request.Number} ends: {result}");
        Take(request);
        Require(!request.IsBad, $"{request} breaks a rule and was not refused");
        Require(
            !request.CompletesInActorTurn || request.Message.Deadline is not { } deadline
                || runtime.Now - request.Began < deadline + MaxLateness,
            $"{request} ended {runtime.Now - request.Began} after it was sent");
        Require(
            result.RegionCount == request.Message.Regions.Count,
            $"{request} has an outcome of {result.RegionCount} regions");
        Require(!result.BufferHeld || MayHoldBuffer(request, result), $"{request} still holds its buffer: {result}");
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

    /// <summary>The request was refused, and nothing of it was begun.</summary>
    internal void Refused(SimulatedRequest request, IoRefusal cause, string reason)
    {
        Note($"#{request.Number} is refused: {reason}");
        var isDue = cause switch
        {
            IoRefusal.BreaksRule => request.IsBad,
            IoRefusal.Stopped => request.Lease.WasKilled || request.Lease.IsEnding || IsEnding,
            _ => true,
        };
        Require(isDue, $"{request} is refused ({cause}): {reason}");
        NotBegun(request);
    }

    /// <summary>The client has ended and does not send the request.</summary>
    internal void NotBegun(SimulatedRequest request)
    {
        Take(request);
        request.Access?.Withdraw();
        Returned.Take(request);
    }

    /// <summary>The request was canceled. It continues without a reported outcome (R10), and its memory may be reused
    /// when the lease has ended.</summary>
    internal void Canceled(SimulatedRequest request)
    {
        Note($"#{request.Number} is canceled");
        Require(!request.IsBad, $"{request} breaks a rule and was not refused");
        Take(request);
        canceled.Add(request);
        request.Lease.Held.Add(request);
    }

    /// <summary>The lease has ended: no device holds memory of it.</summary>
    internal void Ended(SimulatedLease lease)
    {
        foreach (var request in lease.Held)
        {
            if (canceled.Remove(request))
            {
                // The request may have been executed or not; a read has returned content that existed.
                JudgeData(request, UnknownOutcomeOf(request), mayBeUntouched: true);
            }

            Returned.Take(request);
        }

        lease.Held.Clear();
    }

    internal void PutRefused(SimulatedLease lease, PutRefused refused)
    {
        Note($"{lease}'s Put is refused: {refused.Reason}");
        Require(
            lease.InvalidPuts > 0 || lease.WasKilled || IsEnding, $"the Put of {lease} was refused: {refused.Reason}");
        lease.InvalidPuts = Math.Max(0, lease.InvalidPuts - 1);
    }

    internal void OnFault(string name, SimulatedFaultEvent fault)
    {
        Cover(fault.Kind);
        Note($"{name}: {fault.Kind} at {fault.Operation} {fault.Start}+{fault.Count}");
        devices[name].OnFault(++now, fault);
    }

    /// <summary>From now on, or still, no device of this name may be in service.</summary>
    internal void Gone(string name)
    {
        devices[name].LastGone = long.MaxValue;
        Note($"{name} may be gone");
    }

    /// <summary>A device is being attached again, and works.</summary>
    internal void Attaching(string name) => devices[name].Attach(++now);

    /// <summary>The device is in service; earlier events allow only failures of earlier requests.</summary>
    internal void Online(string name)
    {
        devices[name].LastGone = ++now;
        Note($"{name} is in service");
    }

    /// <summary>All processes died with their requests; the disks keep their durable content.</summary>
    internal void Crash(string name, SimulatedDisk disk)
    {
        var device = devices[name];
        device.Disk.Crash(ContentOf(disk));
        Require(device.Disk);
        device.LastGone = long.MaxValue;
        device.LastFailed = -1;
    }

    /// <summary>Requests without an outcome will never have one, and no device works on them.</summary>
    private void ForgetRequests()
    {
        Returned.ForgetPages();
        outstanding.ForEach(request => request.Access?.End(UnknownOutcomeOf(request)));
        outstanding.Clear();
        canceled.Clear();
    }

    /// <summary>Checks the content of a disk; no request may be in flight.</summary>
    internal void CheckDisk(string name, SimulatedDisk disk)
    {
        devices[name].Disk.CheckContent(0, ContentOf(disk));
        Require(devices[name].Disk);
    }

    private static IoResult UnknownOutcomeOf(SimulatedRequest request) =>
        new([.. Enumerable.Repeat(UnknownOutcome, request.Message.Regions.Count)]);

    private static ReadOnlySpan<byte> ContentOf(SimulatedDisk disk) => disk.Peek(0, disk.Capacity.Sectors).Span;

    /// <summary>Checks that the disk's oracle has no findings.</summary>
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

    /// <summary>Checks the data that the request has read or written.</summary>
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
        Cover(status.Code);
        Require(result.Errors[index] == !status.IsOk, $"bit {index} of {request} does not match {status}");
        now++;
        if (region.Count.Value == 0 && message.Operation != IoOperation.Flush)
        {
            // A request that was never begun reports that for all of its regions.
            Require(
                status.IsOk || (status.Code == IoStatusCode.Stopped && (request.Lease.WasKilled || IsEnding)),
                $"region {index} of {request} has no sectors, but the status {status}");
            return;
        }

        if (!devices.TryGetValue(region.Device, out var device))
        {
            Require(
                status.Code is IoStatusCode.DeviceGone or IoStatusCode.Stopped or IoStatusCode.TimedOut,
                $"region {index} of {request} names no device, but has the status {status}");
            return;
        }

        if (status.IsOk)
        {
            JudgeSuccess(request, index, device);
        }
        else
        {
            FailureCheck.Check(this, request, index, status, device, runtime.Now);
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
            $"region {index} of {request} lies beyond {device.SectorCount} sectors, but succeeded");
        Require(
            request.Moment < device.FlushFailed,
            $"region {index} of {request} succeeded after a failed flush (R14)");
    }

    /// <summary>The data of a read. A failed read leaves zeroes (R8); a read that was never begun leaves the memory
    /// untouched, which is taken for zeroes.</summary>
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
        request.Lease.WasKilled || IsEnding || (request.Message.Deadline is not null
            && Enumerable.Range(0, result.RegionCount).Any(index => result[index].Code == IoStatusCode.TimedOut));

    private void Forget()
    {
        const int rarely = 64;
        if (now % rarely == 0)
        {
            var oldest = outstanding.Concat(canceled).Select(request => request.Moment).DefaultIfEmpty(now).Min();
            foreach (var device in devices.Values)
            {
                device.Forget(oldest);
            }
        }
    }
}
