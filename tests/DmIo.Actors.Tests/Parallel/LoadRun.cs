using System.Buffers.Binary;
using Akka.Actor;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>
/// One run: random leases, requests, completions and deaths. Operations on a bad sector fail, so the status of each
/// region is known in advance.
/// </summary>
internal sealed class LoadRun
{
    private const int Sectors = 48;
    private const int Devices = 3;
    private const int MaxLeases = 6;
    private const int MaxRegionSectors = 20;

    private readonly LoadService service;
    private readonly Random random;
    private readonly ManualDevice[] devices = new ManualDevice[Devices];
    private readonly HashSet<long>[] badSectors = new HashSet<long>[Devices];
    private readonly List<LoadLease> leases = [];
    private readonly List<(LoadRequest Simulated, IoRequest Request)> requests = [];
    private readonly List<string> badWrites = [];
    private readonly Dictionary<(int Device, long Sector, long Lease), long> lastWritten = [];

    public LoadRun(LoadService service, int seed)
    {
        this.service = service;
        random = new Random(seed);
        for (var index = 0; index < Devices; index++)
        {
            var number = index;
            badSectors[index] = [.. Enumerable.Range(0, 4).Select(_ => (long)random.Next(Sectors))];
            devices[index] = service.Attach(NameOf(index), Sectors, queueDepth: random.Next(1, 6));
            devices[index].OnWriting = (start, data) => CheckWriting(number, start.Value, data.Span);
        }
    }

    private enum LoadAction
    {
        Open,
        Put,
        KillOwner,
        KillRequestActor,
        Complete,
        Send,
    }

    public void Step()
    {
        switch (Choose())
        {
            case LoadAction.Open:
                Open();
                break;
            case LoadAction.Put:
                End(Put);
                break;
            case LoadAction.KillOwner:
                Cut(lease => lease.Owner.Tell(PoisonPill.Instance, ActorRefs.NoSender));
                break;
            case LoadAction.KillRequestActor:
                Cut(lease => lease.Granted.Requests.Tell(Kill.Instance, ActorRefs.NoSender));
                break;
            case LoadAction.Complete:
                CompleteOne();
                break;
            default:
                Send();
                break;
        }
    }

    /// <summary>Completes all I/O, ends every lease, and checks all outcomes.</summary>
    public async Task FinishAsync()
    {
        for (var index = 0; index < Devices; index++)
        {
            var number = index;
            devices[index].Automatic = call => OutcomeOf(number, call);
            foreach (var call in devices[index].Pending)
            {
                call.CompleteWith(OutcomeOf(index, call));
            }
        }

        var all = Task.WhenAll(requests.Select(request => request.Simulated.Outcome));
        await all.WaitAsync(TimeSpan.FromSeconds(30));
        requests.ForEach(Check);
        leases.Where(lease => !lease.HasEnded).ToList().ForEach(Put);
        service.Drain();

        var status = service.PoolStatus();
        Assert.Equal((0, 0, status.Total), (status.Leased, status.Draining, status.Free));
        Assert.Empty(badWrites);
        Assert.DoesNotContain(lastWritten.Keys, key => key.Lease < 0 || key.Lease >= leases.Count);
        Assert.All(devices, device => Assert.Empty(device.Violations));
        Assert.All(devices, device => Assert.True(device.IsClosed));
    }

    private static string NameOf(int device) => $"disk {device}";

    private LoadAction Choose() => random.Next(100) switch
    {
        < 6 => LoadAction.Open,
        < 8 => LoadAction.Put,
        < 9 => LoadAction.KillOwner,
        < 10 => LoadAction.KillRequestActor,
        < 50 => LoadAction.Complete,
        _ => LoadAction.Send,
    };

    private void Open()
    {
        if (leases.Count(lease => !lease.HasEnded) < MaxLeases)
        {
            var owner = service.NewOwner();
            leases.Add(new LoadLease(leases.Count, owner, service.Get(random.Next(1, 6), owner)));
        }
    }

    private void Put(LoadLease lease) =>
        service.Supervisor.Tell(new Put(lease.Granted.Lease.Id, lease.Pages), lease.Owner);

    private void Cut(Action<LoadLease> kill) => End(lease =>
    {
        lease.WasKilled = true;
        kill(lease);
    });

    private void End(Action<LoadLease> end)
    {
        if (RandomLease() is { } lease)
        {
            lease.HasEnded = true;
            end(lease);
        }
    }

    private LoadLease? RandomLease()
    {
        var open = leases.Where(lease => !lease.HasEnded).ToList();
        return open.Count == 0 ? null : open[random.Next(open.Count)];
    }

    private void CompleteOne()
    {
        var device = random.Next(Devices);
        if (devices[device].Pending is { Count: > 0 } pending)
        {
            var call = pending[random.Next(pending.Count)];
            call.CompleteWith(OutcomeOf(device, call));
        }
    }

    private void Send()
    {
        if (RandomLease() is not { } lease)
        {
            return;
        }

        var operation = (IoOperation)random.Next(5);
        var regions = RandomRegions(operation);
        var simulated = new LoadRequest(
            lease, ++lease.Requests, operation, (int)regions.Max(region => region.Count.Value));
        var request = new IoRequest
        {
            Operation = operation,
            Regions = regions,
            Memory = simulated.NewMemory() is { } memory ? memory : (Memory.IoMemory?)null,
            ForceUnitAccess = operation == IoOperation.Write && random.Next(5) == 0,
            Completion = simulated,
        };
        requests.Add((simulated, request));
        lease.Granted.Requests.Tell(request, ActorRefs.NoSender);
    }

    /// <summary>Valid regions: of two that overlap, the later is left out.</summary>
    private IoRegion[] RandomRegions(IoOperation operation)
    {
        var count = operation == IoOperation.Read ? 1 : random.Next(1, 5);
        var regions = new List<IoRegion>();
        for (var index = 0; index < count; index++)
        {
            var device = random.Next(12) == 0 ? "nowhere" : NameOf(random.Next(Devices));
            var region = new IoRegion(device, random.Next(Sectors + 2), random.Next(MaxRegionSectors));
            if (!regions.Exists(earlier => earlier.Overlaps(region)))
            {
                regions.Add(region);
            }
        }

        return [.. regions];
    }

    private IoStatus OutcomeOf(int device, ManualCall call)
    {
        var isBad = call.Operation != IoOperation.Flush && badSectors[device].Any(
            sector => sector >= call.Start.Value && sector < call.Start.Value + call.Count.Value);
        return isBad ? IoStatus.DeviceError("A bad sector.", errno: 5) : IoStatus.Ok;
    }

    private void Check((LoadRequest Simulated, IoRequest Request) sent)
    {
        var (simulated, request) = sent;
        var result = simulated.Outcome.Result;
        var mayStop = simulated.Lease.WasKilled;
        for (var index = 0; index < request.Regions.Count; index++)
        {
            var code = result[index].Code;
            var expected = Expected(request.Operation, request.Regions[index]);
            Assert.True(
                code == expected || (mayStop && code == IoStatusCode.Stopped),
                $"{request.Operation} {request.Regions[index]}: {result[index]}, but {expected} expected");
            Assert.Equal(code != IoStatusCode.Ok, result.Errors[index]);
        }

        Assert.True(!result.BufferHeld || mayStop);
        simulated.CheckMemory();
    }

    private IoStatusCode Expected(IoOperation operation, IoRegion region)
    {
        if (operation != IoOperation.Flush && region.Count.Value == 0)
        {
            return IoStatusCode.Ok;
        }

        var device = Array.FindIndex(devices, candidate => region.Device == NameOf(Array.IndexOf(devices, candidate)));
        if (device < 0)
        {
            return IoStatusCode.DeviceGone;
        }

        if (operation != IoOperation.Flush && region.Start.Value + region.Count.Value > Sectors)
        {
            return IoStatusCode.OutOfRange;
        }

        var call = new ManualCall(devices[device], operation, region.Start, region.Count);
        return OutcomeOf(device, call).Code;
    }

    /// <summary>The writes of one lease to a sector reach the device in sending order (R20), with intact
    /// data.</summary>
    private void CheckWriting(int device, long start, ReadOnlySpan<byte> data)
    {
        lock (lastWritten)
        {
            for (var offset = 0; offset < data.Length; offset += Sector.SizeBytes)
            {
                var lease = BinaryPrimitives.ReadInt64LittleEndian(data[offset..]);
                var number = BinaryPrimitives.ReadInt64LittleEndian(data[(offset + 8)..]);
                var key = (device, start + (offset / Sector.SizeBytes), lease);
                if (lastWritten.TryGetValue(key, out var last) && number <= last)
                {
                    badWrites.Add($"{key}: {number} after {last}");
                }

                lastWritten[key] = number;
            }
        }
    }
}
