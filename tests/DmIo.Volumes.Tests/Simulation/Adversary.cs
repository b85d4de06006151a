using DmIo.Io;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>Faults at random times, and at random changes of disks, where they are most likely to matter: how often
/// each happens is in the options. What a fault breaks works again some time later. Writers are started at any time; if
/// none runs, soon.</summary>
internal sealed class Adversary(SimulatedVolume volume)
{
    private bool isOver;

    private Random Random => volume.Random;

    private SimulationOptions Options => volume.Options;

    internal void Begin()
    {
        StartWriter();
        Pause();
        Place();
    }

    /// <summary>A disk has changed.</summary>
    internal void Changed()
    {
        if (!isOver && Random.NextDouble() < Options.FaultsPerChange)
        {
            volume.Events.After(TimeSpan.FromMilliseconds(Random.Next(3)), () =>
            {
                if (!isOver)
                {
                    Happen(Draw());
                }
            });
        }
    }

    /// <summary>Writers that were fenced end; if no other one runs, one starts.</summary>
    private void Place() => volume.Events.After(TimeSpan.FromMilliseconds(Random.Next(1000)), () =>
    {
        if (isOver)
        {
            return;
        }

        foreach (var writer in volume.Writers.Where(writer => writer.State.IsFenced).ToArray())
        {
            volume.Crash(writer);
        }

        if (volume.Writers.Count == 0)
        {
            StartWriter();
        }

        Place();
    });

    /// <summary>Everything works again: one writer takes over, on any host.</summary>
    internal void HealAll()
    {
        isOver = true;
        volume.IsHealing = true;
        volume.HealNetwork();
        for (var host = 0; host < Options.Hosts; host++)
        {
            volume.StartClock(host);
        }

        foreach (var member in volume.Members)
        {
            Heal(member);
        }

        foreach (var writer in volume.Writers.ToArray())
        {
            volume.Crash(writer);
        }

        volume.Start(Random.Next(Options.Hosts));
    }

    private void Pause() => volume.Events.After(Options.FaultPause * Random.NextDouble(), () =>
    {
        if (!isOver)
        {
            Happen(Draw());
            Pause();
        }
    });

    private void Later(Action heals)
    {
        var longest = Random.Next(3) == 0 ? TimeSpan.FromMilliseconds(50) : Options.FaultPause * 3;
        volume.Events.After(longest * Random.NextDouble(), heals);
    }

    private Fault Draw()
    {
        var at = Random.Next(Options.Faults.Sum());
        var fault = 0;
        while (at >= Options.Faults[fault])
        {
            at -= Options.Faults[fault++];
        }

        return (Fault)fault;
    }

    private void Happen(Fault fault)
    {
        volume.Log?.Add($"fault: {fault}");
        var member = volume.Members[Random.Next(volume.Members.Count)];
        switch (fault)
        {
            case Fault.StartWriter:
                StartWriter();
                break;
            case Fault.CrashWriter or Fault.StopWriter or Fault.LoseLeg or Fault.OpenSession:
                if (volume.Writers.Count != 0)
                {
                    Happen(fault, volume.Writers[Random.Next(volume.Writers.Count)]);
                }

                break;
            case Fault.CrashHost:
                CrashHost(Random.Next(Options.Hosts));
                break;
            case Fault.LoseAllPower:
                foreach (var one in volume.Members)
                {
                    LosePower(one);
                }

                break;
            case Fault.CutHost:
                CutHost(Random.Next(Options.Hosts), member.Host);
                break;
            case Fault.Split:
                Split();
                break;
            case Fault.StopClock:
                var host = Random.Next(Options.Hosts);
                volume.StopClock(host);
                Later(() => volume.StartClock(host));
                break;
            default:
                Happen(fault, member);
                break;
        }
    }

    private void Happen(Fault fault, SimulatedWriter writer)
    {
        switch (fault)
        {
            case Fault.CrashWriter:
                volume.Crash(writer);
                break;
            case Fault.StopWriter:
                var release = writer.Core.Lease.Release();
                foreach (var member in writer.Members.Voters)
                {
                    writer.Ask(member, Lane.Lease, release);
                }

                // A writer may also go on, and renew its lease.
                if (Random.Next(2) == 0)
                {
                    volume.Crash(writer);
                }

                break;
            case Fault.LoseLeg:
                var leg = Random.Next(Options.Legs);
                writer.Take(() => writer.Core.LegLost(leg, writer.Now));
                break;
            default:
                writer.Take(() => writer.Core.OpenSession(writer.Now));
                break;
        }
    }

    private void Happen(Fault fault, SimulatedMember member)
    {
        switch (fault)
        {
            case Fault.StopVoter:
                member.StopProcess();
                Later(member.StartProcess);
                break;
            case Fault.LosePower:
                LosePower(member);
                break;
            case Fault.ResetConnection:
                volume.Disconnect(member);
                break;
            case Fault.Hang:
                member.Device.Hang();
                Later(member.Device.Release);
                break;
            case Fault.FailWrites:
                Fail(member, IoOperation.Write);
                break;
            case Fault.FailFlushes:
                Fail(member, IoOperation.Flush);
                break;
            case Fault.FailReads:
                Fail(member, IoOperation.Read);
                break;
            case Fault.RotSuperblock:
                volume.Rot.Superblock(member);
                break;
            case Fault.RotMap:
                volume.Rot.Map(member);
                break;
            case Fault.RotData:
                volume.Rot.Data(member);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }

    private void StartWriter()
    {
        if (volume.Writers.Count < Options.Writers)
        {
            volume.Start(Random.Next(Options.Hosts));
        }
    }

    private void LosePower(SimulatedMember member)
    {
        member.LosePower();
        Later(member.StartProcess);
    }

    /// <summary>All processes of a host end; maybe it loses power.</summary>
    private void CrashHost(int host)
    {
        var losesPower = Random.Next(2) == 0;
        foreach (var writer in volume.Writers.Where(writer => writer.Host == host).ToArray())
        {
            volume.Crash(writer);
        }

        foreach (var member in volume.Members.Where(member => member.Host == host))
        {
            if (losesPower)
            {
                member.LosePower();
            }
            else
            {
                member.StopProcess();
            }

            Later(member.StartProcess);
        }
    }

    /// <summary>A host is cut from another one, or from all.</summary>
    private void CutHost(int host, int other)
    {
        var others = Random.Next(2) == 0
            ? [other]
            : volume.Members.Select(member => member.Host).Where(one => one != host).Distinct().ToArray();
        foreach (var one in others.Where(one => one != host))
        {
            volume.Cut(host, one, cuts: true);
            Later(() => volume.Cut(host, one, cuts: false));
        }
    }

    /// <summary>The network falls into two parts.</summary>
    private void Split()
    {
        var hosts = Enumerable.Range(0, Options.Hosts).Concat(volume.Members.Select(member => member.Host)).Distinct();
        var parts = hosts.ToLookup(_ => Random.Next(2));
        var pairs = parts[0].SelectMany(_ => parts[1], (one, other) => (one, other)).ToArray();
        SetCut(cuts: true);
        Later(() => SetCut(cuts: false));

        void SetCut(bool cuts)
        {
            foreach (var (one, other) in pairs)
            {
                volume.Cut(one, other, cuts);
            }
        }
    }

    private void Fail(SimulatedMember member, IoOperation operation)
    {
        member.Device.Errors[(int)operation] = Random.Next(2) == 0 ? 1 : Random.NextDouble();
        Later(() => member.Device.Errors[(int)operation] = 0);
    }

    private static void Heal(SimulatedMember member)
    {
        Array.Clear(member.Device.Errors);
        member.Device.Release();
        member.StartProcess();
    }
}
