using Akka.Actor;
using DmIo.Io;
using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>The disks of a run; attaches and detaches them.</summary>
internal sealed class DiskSet
{
    private readonly Oracle oracle;
    private readonly RunPlan plan;
    private readonly Random random;
    private readonly TimeProvider time;
    private readonly List<Disk> disks = [];

    internal DiskSet(Oracle oracle, RunPlan plan, Random random, TimeProvider time)
    {
        this.oracle = oracle;
        this.plan = plan;
        this.random = random;
        this.time = time;
        foreach (var device in plan.Devices)
        {
            oracle.Add(device);
            disks.Add(new Disk(device, new SimulatedDisk(ByteSize.FromSectors(device.Sectors), random.Next())));
        }
    }

    /// <summary>Applies an action to one disk in service, if there is one.</summary>
    internal void ForRandomServing(Action<Disk> action)
    {
        var serving = disks.Where(disk => disk.State == DiskState.Serving).ToList();
        if (serving.Count > 0)
        {
            action(serving[random.Next(serving.Count)]);
        }
    }

    internal HashSet<string> HungNames() =>
        [.. disks.Where(disk => disk.Device is { HungCalls: > 0 }).Select(disk => disk.Plan.Name)];

    /// <summary>Completes stuck calls. From now on no call gets stuck or fails.</summary>
    internal void StopFaults()
    {
        foreach (var disk in disks.Where(disk => disk.Device is not null))
        {
            disk.Device!.IsHealed = true;
            disk.Device.ReleaseHung();
        }
    }

    /// <summary>Checks that the service calls its devices correctly.</summary>
    internal void CheckCallers() => disks.ForEach(disk =>
    {
        oracle.Require(
            disk.Device is not { Violations.Count: > 0 }, $"{disk.Plan.Name}: {disk.Device?.Violations[0]}");
        oracle.Require(
            disk.Plan.Depth.IsAdaptive || disk.Device is null || disk.Device.InFlight <= disk.Plan.Depth.Max,
            $"{disk.Plan.Name} has {disk.Device?.InFlight} calls in flight at a depth of {disk.Plan.Depth}");
    });

    internal void CheckClosed(SimulatedProcess process) => disks.ForEach(disk => oracle.Require(
        disk.Device is null or { IsClosed: true, InFlight: 0 }
            || (process.MayHaveLostMessages && disk is { State: DiskState.Attaching, Device.InFlight: 0 }),
        $"{disk.Plan.Name} is not closed"));

    /// <summary>Every device that was in service at the start of the drain is closed at its end. A device that was
    /// being attached is closed by its owner.</summary>
    internal void CheckDrained() => disks.ForEach(disk => oracle.Require(
        disk.State == DiskState.Attaching || disk.Device is null or { IsClosed: true },
        $"{disk.Plan.Name} is not closed after the drain"));

    internal void CheckContent() => disks.ForEach(disk => oracle.CheckDisk(disk.Plan.Name, disk.Medium));

    /// <summary>The service ends with all of its devices.</summary>
    internal void AllGone() => disks.ForEach(disk => oracle.Gone(disk.Plan.Name));

    /// <summary>No service has the disks.</summary>
    internal void MarkAbsent()
    {
        foreach (var disk in disks)
        {
            disk.State = DiskState.Absent;
            disk.WasRefused = false;
            disk.Device = null;
        }
    }

    internal void Crash()
    {
        foreach (var disk in disks)
        {
            disk.Medium.Crash();
            oracle.Crash(disk.Plan.Name, disk.Medium);
        }

        MarkAbsent();
    }

    /// <summary>Kills the actor of the device.</summary>
    internal void KillActor(Disk disk, SimulatedProcess process)
    {
        if (process.Service.Directory.TryFind(disk.Plan.Name, out var entry))
        {
            oracle.Gone(disk.Plan.Name);
            disk.State = DiskState.Leaving;
            entry.Actor.Tell(Kill.Instance, ActorRefs.NoSender);
        }
    }

    internal void Detach(Disk disk, SimulatedProcess process)
    {
        oracle.Gone(disk.Plan.Name);
        disk.State = DiskState.Leaving;
        var device = disk.Device!;
        void OnReply(object answer) => oracle.Require(
            oracle.IsEnding || (answer is DeviceDetached && device.IsClosed),
            $"unexpected reply to the detach of {disk.Plan.Name}: {answer}");
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(new DetachDevice(disk.Plan.Name), process.NewReceiver(OnReply));
        }
        else
        {
            process.Call(
                async service =>
                {
                    await service.DetachAsync(disk.Plan.Name);
                    return new DeviceDetached(disk.Plan.Name);
                },
                (done, refused) => OnReply((object?)done ?? refused!));
        }
    }

    /// <summary>Attaches closed devices again as soon as their names are free.</summary>
    /// <param name="process">The process of the service.</param>
    /// <param name="waitsForClose">Do not query the name before the device is closed, so that the queries end.</param>
    internal void AttachAbsent(SimulatedProcess process, bool waitsForClose = false)
    {
        foreach (var disk in disks.Where(disk => !oracle.IsEnding))
        {
            if (disk.State == DiskState.Leaving
                && (disk.Device!.IsClosed || (!waitsForClose && random.Next(8) == 0)))
            {
                disk.State = DiskState.Attaching;
                AskForName(disk, process);
            }
            else if (disk.State == DiskState.Absent && (!disk.WasRefused || (!waitsForClose && random.Next(8) == 0)))
            {
                Attach(disk, process);
            }
        }
    }

    /// <summary>The name must stay taken until the device is closed; otherwise two devices would write to the same
    /// disk.</summary>
    private void AskForName(Disk disk, SimulatedProcess process)
    {
        var device = disk.Device;
        process.Supervisor.Tell(GetDevices.Instance, process.NewReceiver(message =>
        {
            var isTaken = ((DeviceList)message).Devices.Any(one => one.Name == disk.Plan.Name);
            oracle.Require(isTaken || device!.IsClosed, $"the name of {disk.Plan.Name} is free before its close");
            disk.State = isTaken ? DiskState.Leaving : DiskState.Absent;
        }));
    }

    private void Attach(Disk disk, SimulatedProcess process)
    {
        var name = disk.Plan.Name;
        disk.State = DiskState.Attaching;
        oracle.Cover(disk.Plan.Policy);
        oracle.Cover(disk.Plan.Decorator);
        oracle.Cover(disk.Plan.Mode);
        oracle.Attaching(name);
        var device = disk.Device = new SimulatedDevice(disk.Medium, time, new SimulatedDeviceOptions
        {
            Seed = random.Next(),
            MinLatency = disk.Plan.MinLatency,
            MaxLatency = disk.Plan.MaxLatency,
            CompletesInPoll = disk.Plan.CompletesInPoll,
            Describe = disk.Plan.Describe,
            Faults = disk.Plan.DrawFaults(random, plan),
            Observer = fault => oracle.OnFault(name, fault),
        });
        var decorated = disk.Plan.Decorate(device, random, time);
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(
                new AttachDevice(name, decorated, disk.Plan.Depth, disk.Plan.Policy),
                process.NewReceiver(message => Attached(disk, device, (message as AttachRefused)?.Reason)));
        }
        else
        {
            process.Call(
                service => service.AttachAsync(name, decorated, disk.Plan.Depth, disk.Plan.Policy),
                (_, refused) => Attached(disk, device, refused));
        }
    }

    private void Attached(Disk disk, SimulatedDevice device, string? refused)
    {
        disk.WasRefused = refused is not null;
        oracle.Require(
            refused is null || oracle.IsEnding || (disk.Plan.BouncePages > 0 && device.IsClosed),
            $"attaching {disk.Plan.Name} was refused: {refused}");
        disk.State = disk.WasRefused ? DiskState.Absent : DiskState.Serving;
        if (!oracle.IsEnding && !disk.WasRefused)
        {
            oracle.Online(disk.Plan.Name);
        }
    }
}
