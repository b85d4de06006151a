using System.Runtime.CompilerServices;
using DmIo.Actors;
using DmIo.Io;
using DmIo.TestKit;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// Knows what was asked for, and judges each outcome as it comes: is it one that the promises allow? Moments are a
/// count of what it was told.
/// </summary>
internal sealed class Oracle(Agenda agenda, Trace trace)
{
    /// <summary>What a slow machine may add to a deadline.</summary>
    private static readonly TimeSpan MostLateness = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, DeviceRecord> devices = [];
    private readonly List<SimulatedRequest> outstanding = [];
    private readonly Queue<GuardedMemory> spoilt = new();
    private long now;

    internal IReadOnlyList<SimulatedRequest> Outstanding => outstanding;

    /// <summary>The first promise that was broken, in words; what comes behind it says nothing.</summary>
    internal string? Failure { get; private set; }

    /// <summary>The service was told to end, so that it refuses.</summary>
    internal bool IsEnding { get; set; }

    internal DeviceRecord this[string name] => devices[name];

    internal void Add(DevicePlan plan) => devices.Add(plan.Name, new DeviceRecord(plan));

    internal void Note(string what) => trace.Add(agenda.Now, what);

    internal void Require(
        bool isKept, [InterpolatedStringHandlerArgument(nameof(isKept))] ref BrokenText broken)
    {
        if (!isKept && Failure is null)
        {
            Failure = broken.Take();
            Note("BROKEN: " + Failure);
        }
    }

    /// <summary>It is about to be sent.</summary>
    internal void Begin(SimulatedRequest request)
    {
        Note($"{request.Lease} asks {request}");
        request.Began = agenda.Now;
        outstanding.Add(request);
        request.Lease.Outstanding.Add(request);
        var message = request.Message;
        for (var index = 0; index < request.Accesses.Length && !request.IsBad; index++)
        {
            var region = message.Regions[index];
            var access = new ModelAccess(request.Lease.Number, request.Number, ++now);
            request.Accesses[index] = access;
            if (!devices.TryGetValue(region.Device, out var device))
            {
                continue;
            }

            switch (message.Operation)
            {
                case IoOperation.Read:
                    device.Disk.BeginRead(access);
                    break;
                case IoOperation.Write:
                    device.Disk.Begin(access, region, sector => SectorValue.Of(request.Number, sector));
                    break;
                case IoOperation.WriteZeroes:
                    device.Disk.Begin(access, region, static _ => 0);
                    break;
                case IoOperation.Discard:
                    device.Disk.Begin(access, region, static _ => null);
                    break;
            }
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
                || agenda.Now - request.Began < deadline + MostLateness,
            $"{request} ended {agenda.Now - request.Began} after it was asked for");
        Require(result.RegionCount == request.Accesses.Length, $"{request} has an outcome of {result.RegionCount}");
        Require(!result.BufferHeld || MayHoldBuffer(request, result), $"{request} leaves its buffer held: {result}");
        for (var index = 0; index < request.Accesses.Length; index++)
        {
            Judge(request, index, result);
        }

        if (result.BufferHeld)
        {
            request.Lease.Held.Add(request);
        }

        GiveBack(request, result.BufferHeld);
        Forget();
    }

    /// <summary>It was refused: nothing of it was begun.</summary>
    internal void Refused(SimulatedRequest request, IoRefusal cause, string reason)
    {
        Note($"#{request.Number} is refused: {reason}");
        var isDue = cause switch
        {
            IoRefusal.BreaksRule => request.IsBad,
            IoRefusal.Ended => request.Lease.WasCut || request.Lease.IsEnding || IsEnding,
            _ => true,
        };
        Require(isDue, $"{request} is refused ({cause}): {reason}");
        NotBegun(request);
    }

    /// <summary>The client has ended, and does not send it.</summary>
    internal void NotBegun(SimulatedRequest request)
    {
        Take(request);
        for (var index = 0; index < request.Accesses.Length && !request.IsBad; index++)
        {
            End(request, index, isOk: false);
        }

        GiveBack(request, isHeld: false);
    }

    internal void WrongPutRefused(SimulatedLease lease, PutRefused refused)
    {
        Note($"{lease}'s Put is refused: {refused.Reason}");
        Require(lease.WrongPuts-- > 0 || lease.WasCut, $"the Put of {lease} was refused: {refused.Reason}");
    }

    internal void Happened(string name, SimulatedFaultEvent fault)
    {
        Note($"{name}: {fault.Kind} at {fault.Operation} {fault.Start}+{fault.Count}");
        var device = devices[name];
        device.Add(++now, fault);
        if (fault.Kind == SimulatedFaultKind.Misdirected)
        {
            for (var sector = fault.Start.Value; sector < fault.Start.Value + fault.Count.Value; sector++)
            {
                device.Disk.Spoil(sector, new ModelAccess(-1, 0, now) { Ended = now });
            }
        }

        if (fault.Operation == IoOperation.Flush || fault.ForceUnitAccess)
        {
            // That of a write which is to be durable says the same as that of a flush.
            device.LastFailed = long.MaxValue;
        }
    }

    /// <summary>From now on (or still, as the case may be) nothing of that name is in service.</summary>
    internal void Gone(string name)
    {
        devices[name].LastGone = long.MaxValue;
        Note($"{name} may be gone");
    }

    /// <summary>The device is attached anew, which may be trusted.</summary>
    internal void Attaching(string name)
    {
        var device = devices[name];
        device.LastFailed = Math.Min(device.LastFailed, ++now);
        device.FlushFailed = long.MaxValue;
        device.Attached = now;
    }

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
        foreach (var (sector, value) in ContentOf(disk))
        {
            Require(
                device.Disk.MaySurvive(sector, value),
                $"after a crash, sector {sector} of {name} holds {SectorValue.Name(value)}; "
                    + $"it may hold {device.Disk.Describe(sector)}");
            device.Disk.Settle(sector, value);
        }

        device.Disk.Crash();
        device.LastGone = long.MaxValue;
        device.LastFailed = -1;
    }

    internal void ForgetRequests() => outstanding.Clear();

    /// <summary>Nothing is under way.</summary>
    internal void CheckDisk(string name, SimulatedDisk disk)
    {
        var device = devices[name];
        foreach (var (sector, value) in ContentOf(disk))
        {
            Require(
                device.Disk.MayHold(sector, value),
                $"at the end, sector {sector} of {name} holds {SectorValue.Name(value)}; "
                    + $"it may hold {device.Disk.Describe(sector)}");
        }
    }

    /// <summary>Nobody touched what was given back.</summary>
    internal void CheckMemory()
    {
        foreach (var memory in spoilt)
        {
            Require(memory.Fault() is null, $"{memory.Fault()}");
        }
    }

    private static IEnumerable<(long Sector, long Value)> ContentOf(SimulatedDisk disk)
    {
        for (var sector = 0L; sector < disk.Capacity.Value; sector++)
        {
            yield return (sector, SectorValue.Read(disk.Peek(sector, 1).Span));
        }
    }

    private void Take(SimulatedRequest request)
    {
        Require(!request.IsAnswered, $"{request} has a second outcome");
        request.IsAnswered = true;
        outstanding.Remove(request);
        request.Lease.Outstanding.Remove(request);
        now++;
    }

    private void End(SimulatedRequest request, int index, bool isOk)
    {
        var access = request.Accesses[index];
        access.Ended = ++now;
        access.IsOk = isOk;
        access.IsDurable = isOk && request.Message.ForceUnitAccess;
    }

    private void Judge(SimulatedRequest request, int index, IoResult result)
    {
        var (message, region, status) = (request.Message, request.Message.Regions[index], result[index]);
        Require(result.Errors[index] == !status.IsOk, $"bit {index} of {request} is not what {status} says");
        if (region.Count.Value == 0 && message.Operation != IoOperation.Flush)
        {
            // A request that was never begun says so of all its regions.
            Require(
                status.IsOk || (status.Code == IoStatusCode.Stopped && (request.Lease.WasCut || IsEnding)),
                $"region {index} of {request} has no sectors, and {status}");
            End(request, index, isOk: true);
            return;
        }

        End(request, index, status.IsOk);
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
            Excuses.Check(this, request, index, status, device, agenda.Now);
            if (message.Operation == IoOperation.Flush
                && status.Code is (IoStatusCode.DeviceFailed or IoStatusCode.DeviceError)
                && request.Accesses[index].Began > device.Attached)
            {
                device.FlushFailed = Math.Min(device.FlushFailed, now);
            }
        }

        if (message.Operation == IoOperation.Read)
        {
            CheckRead(request, region, status, device, isHeld: result.BufferHeld);
            device.Disk.EndRead(request.Accesses[index]);
        }
        else
        {
            device.Disk.Prune(region);
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
            request.Accesses[index].Began < device.FlushFailed,
            $"region {index} of {request} went well, though a flush had failed before it was asked for (R14)");
        if (message.Operation == IoOperation.Flush)
        {
            device.Disk.Flushed(request.Accesses[index]);
        }
    }

    /// <summary>What a failed read did not deliver is zero (R8); what was never begun is as it was.</summary>
    private void CheckRead(
        SimulatedRequest request, IoRegion region, IoStatus status, DeviceRecord device, bool isHeld)
    {
        for (var index = 0; index < region.Count.Value && !isHeld; index++)
        {
            var sector = region.Start.Value + index;
            var value = SectorValue.Read(request.Memory!.SectorAt(index));
            var isUntouched = request.Memory.IsUntouched(index);
            var isPossible = (!status.IsOk && value == 0)
                || (status.Code == IoStatusCode.Stopped && isUntouched)
                || (sector < device.SectorCount
                    && (device.Disk.MayRead(request.Accesses[0], sector, value)
                        || device.MayLie(request.Accesses[0].Began, sector)));
            Require(
                isPossible,
                $"{request} ({status}) found {SectorValue.Name(value)} in sector {sector}; "
                    + $"there may be {(sector < device.SectorCount ? device.Disk.Describe(sector) : "nothing")}");
        }
    }

    private bool MayHoldBuffer(SimulatedRequest request, IoResult result) =>
        request.Lease.WasCut || IsEnding || (request.Message.Deadline is not null
            && Enumerable.Range(0, result.RegionCount).Any(index => result[index].Code == IoStatusCode.TimedOut));

    private void GiveBack(SimulatedRequest request, bool isHeld)
    {
        const int remembered = 64;
        if (request.Memory is not { } memory || isHeld)
        {
            return;
        }

        Require(memory.Fault() is null, $"{request}: {memory.Fault()}");
        for (var index = 0; request.Message.Operation == IoOperation.Write && index < memory.Sectors; index++)
        {
            Require(
                SectorValue.Read(memory.SectorAt(index)) == SectorValue.Of(request.Number, index),
                $"{request}: what was to be written was changed");
        }

        memory.Spoil();
        spoilt.Enqueue(memory);
        if (spoilt.Count > remembered)
        {
            var oldest = spoilt.Dequeue();
            Require(oldest.Fault() is null, $"{oldest.Fault()}");
        }
    }

    private void Forget()
    {
        const int rarely = 64;
        if (now % rarely == 0)
        {
            var oldest = outstanding.Count == 0
                ? now
                : outstanding.Where(request => !request.IsBad).SelectMany(request => request.Accesses)
                    .Select(access => access.Began).DefaultIfEmpty(now).Min();
            foreach (var device in devices.Values)
            {
                device.Forget(oldest);
            }
        }
    }
}
