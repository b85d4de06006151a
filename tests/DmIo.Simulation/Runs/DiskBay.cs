using Akka.Actor;
using DmIo.Io;
using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>The disks of a run, and how they come into the service and leave it.</summary>
internal sealed class DiskBay
{
    private readonly Oracle oracle;
    private readonly RunPlan plan;
    private readonly Random random;
    private readonly TimeProvider time;
    private readonly List<Disk> disks = [];

    internal DiskBay(Oracle oracle, RunPlan plan, Random random, TimeProvider time)
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

    /// <summary>Does it to one of those in service, if there are any.</summary>
    internal void WithServing(Action<Disk> deed)
    {
        var serving = disks.Where(disk => disk.State == DiskState.Serving).ToList();
        if (serving.Count > 0)
        {
            deed(serving[random.Next(serving.Count)]);
        }
    }

    internal HashSet<string> StuckNames() =>
        [.. disks.Where(disk => disk.Device is { StuckCalls: > 0 }).Select(disk => disk.Plan.Name)];

    /// <summary>Lets go what is stuck, and nothing gets stuck, or fails, any more.</summary>
    internal void Heal()
    {
        foreach (var disk in disks.Where(disk => disk.Device is not null))
        {
            disk.Device!.IsHealed = true;
            disk.Device.ReleaseStuck();
        }
    }

    /// <summary>The service treats its devices as it has to.</summary>
    internal void CheckCallers() => disks.ForEach(disk =>
    {
        oracle.Require(
            disk.Device is not { Violations.Count: > 0 }, $"{disk.Plan.Name}: {disk.Device?.Violations[0]}");
        oracle.Require(
            disk.Plan.Depth.IsAdaptive || disk.Device is null || disk.Device.InFlight <= disk.Plan.Depth.Most,
            $"{disk.Plan.Name} has {disk.Device?.InFlight} calls in flight, and a depth of {disk.Plan.Depth}");
    });

    internal void CheckClosed(SimulatedProcess process) => disks.ForEach(disk => oracle.Require(
        disk.Device is null or { IsClosed: true, InFlight: 0 }
            || (process.MayHaveLostMessages && disk is { State: DiskState.Attaching, Device.InFlight: 0 }),
        $"{disk.Plan.Name} is not closed"));

    /// <summary>Every device that was in service at the drain is closed by its end. One that was on its way into the
    /// service is closed by who sent it.</summary>
    internal void CheckDrained() => disks.ForEach(disk => oracle.Require(
        disk.State == DiskState.Attaching || disk.Device is null or { IsClosed: true },
        $"the service has drained, and {disk.Plan.Name} is not closed"));

    internal void CheckContent() => disks.ForEach(disk => oracle.CheckDisk(disk.Plan.Name, disk.Medium));

    /// <summary>The service goes, and takes them along.</summary>
    internal void AllGone() => disks.ForEach(disk => oracle.Gone(disk.Plan.Name));

    /// <summary>No service has them.</summary>
    internal void Vacate()
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

        Vacate();
    }

    /// <summary>Its device actor dies.</summary>
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
        void Hear(object answer) => oracle.Require(
            oracle.IsEnding || (answer is DeviceDetached && device.IsClosed),
            $"detaching {disk.Plan.Name} gave {answer}");
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(new DetachDevice(disk.Plan.Name), process.NewEar(Hear));
        }
        else
        {
            process.Call(
                async service =>
                {
                    await service.DetachAsync(disk.Plan.Name);
                    return new DeviceDetached(disk.Plan.Name);
                },
                (done, refused) => Hear((object?)done ?? refused!));
        }
    }

    /// <summary>A device that was closed is attached anew, as soon as its name is free.</summary>
    /// <param name="process">Where.</param>
    /// <param name="isPatient">Does not ask for the name before the device is closed: so it comes to an end.</param>
    internal void AttachWhatIsAbsent(SimulatedProcess process, bool isPatient = false)
    {
        foreach (var disk in disks.Where(disk => !oracle.IsEnding))
        {
            if (disk.State == DiskState.Leaving
                && (disk.Device!.IsClosed || (!isPatient && random.Next(8) == 0)))
            {
                disk.State = DiskState.Attaching;
                AskForName(disk, process);
            }
            else if (disk.State == DiskState.Absent && (!disk.WasRefused || (!isPatient && random.Next(8) == 0)))
            {
                Attach(disk, process);
            }
        }
    }

    /// <summary>The name of a device is free when the supervisor says so: not before the device is closed, or two would
    /// write beside each other.</summary>
    private void AskForName(Disk disk, SimulatedProcess process)
    {
        var device = disk.Device;
        process.Supervisor.Tell(GetDevices.Instance, process.NewEar(message =>
        {
            var isTaken = ((DeviceList)message).Devices.Any(one => one.Name == disk.Plan.Name);
            oracle.Require(isTaken || device!.IsClosed, $"the name of {disk.Plan.Name} is free, and it is not closed");
            disk.State = isTaken ? DiskState.Leaving : DiskState.Absent;
        }));
    }

    private void Attach(Disk disk, SimulatedProcess process)
    {
        var name = disk.Plan.Name;
        disk.State = DiskState.Attaching;
        oracle.Saw(disk.Plan.Policy);
        oracle.Saw(disk.Plan.Decorator);
        oracle.Saw(disk.Plan.Mode);
        oracle.Attaching(name);
        var device = disk.Device = new SimulatedDevice(disk.Medium, time, new SimulatedDeviceOptions
        {
            Seed = random.Next(),
            LeastLatency = disk.Plan.LeastLatency,
            MostLatency = disk.Plan.MostLatency,
            Gathers = disk.Plan.Gathers,
            Describe = disk.Plan.Describe,
            Faults = disk.Plan.DrawFaults(random, plan),
            Observer = fault => oracle.Happened(name, fault),
        });
        var decorated = disk.Plan.Decorate(device, random, time);
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(
                new AttachDevice(name, decorated, disk.Plan.Depth, disk.Plan.Policy),
                process.NewEar(message => Attached(disk, device, (message as AttachRefused)?.Reason)));
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
