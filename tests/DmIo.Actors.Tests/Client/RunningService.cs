using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Client;

/// <summary>An actor system with the service, for one test. Disposal ends it.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        dmio.pool.check = on

        """;

    internal RunningService(string hocon = "")
    {
        System = ActorSystem.Create("test", ConfigurationFactory.ParseString(Quiet + hocon));
        Service = DmIoService.For(System);
    }

    internal ActorSystem System { get; }

    internal DmIoService Service { get; }

    public async ValueTask DisposeAsync() => await System.Terminate().InTime();

    /// <summary>Attaches a memory device of 1 MiB under each name.</summary>
    internal async Task<RunningService> WithMemoryAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Service.AttachAsync(name, new MemoryDevice(ByteSize.FromMiB(1))).InTime();
        }

        return this;
    }

    /// <summary>Attaches a memory device of 1 MiB on which every operation hangs.</summary>
    internal async Task<HungDevice> AttachStuckAsync(string name)
    {
        var device = new HungDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await Service.AttachAsync(name, device).InTime();
        return device;
    }

    /// <summary>The state of the pool as soon as the condition holds. Each query is a round trip, so no pause is
    /// needed.</summary>
    internal async Task<PoolStatus> PoolWhenAsync(Func<PoolStatus, bool> isReached)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            var status = await Service.GetPoolStatusAsync(limit.Token);
            if (isReached(status))
            {
                return status;
            }
        }
    }
}
