using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>A volume that was taken over and serves. It is not attached to the service.</summary>
/// <param name="device">The volume.</param>
/// <param name="opening">Its legs.</param>
internal sealed class TakenOver(VolumeDevice device, VolumeOpening opening) : IAsyncDisposable
{
    internal VolumeDevice Device => device;

    internal VolumeOpening Opening => opening;

    /// <summary>Takes a volume over, and waits until it serves.</summary>
    /// <param name="service">The service.</param>
    /// <param name="options">The volume.</param>
    /// <param name="startsStopped">An operator starts the volume, also if it was stopped.</param>
    /// <exception cref="VolumeException">The volume cannot be opened, or was stopped.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    internal static async Task<TakenOver> RunAsync(
        DmIoService service, VolumeOptions options, bool startsStopped = false)
    {
        var client = await service.OpenAsync(options.Pages);
        VolumeDevice? device = null;
        HostLock? hostLock = null;
        try
        {
            var watch = new DeviceWatch(service, client, options.LegTimeout);
            var (stores, known, forked, faults) = await VolumeSearch.RunAsync(service, client, watch, options);
            foreach (var fault in faults)
            {
                Logging.GetLogger(service.System, typeof(TakenOver)).Warning(
                    "The volume '{0}' is opened without a device. {1}", options.Name, fault);
            }

            hostLock = HostLock.Take(stores[0].Superblock.Volume, options.Name);
            var copyClient = await service.OpenAsync(CopyTransfers.Pages);
            var description = new VolumeDescription(known.Size, VolumeSearch.BlockSizeOf(service, stores));
            device = new VolumeDevice(
                client, copyClient, known, stores, description, TimeProvider.System, PolicyOf(options))
            {
                HostLock = hostLock,
                Extents = new VolumeExtents(service),
                ComparesCopies = options.ComparesResync,
                Synchronization = new Synchronization { MaxBytesPerSecond = options.MaxResync.Bytes },
            };
            var opening = new VolumeOpening(service, client, watch, options.Name, options.Members, stores)
            {
                Spares = options.Spares,
                Forked = [.. forked],
                StartsStopped = startsStopped,
                AreServersDrained = options.AreServersDrained,
            };
            var actor = service.System.ActorOf(Props.Create(() => new VolumeActor(device, opening)));
            await WaitAsync(actor, options, device, opening);
            return new TakenOver(device, opening);
        }
        catch
        {
            if (device is null)
            {
                hostLock?.Dispose();
            }

            await (device?.DisposeAsync() ?? client.DisposeAsync());
            throw;
        }
    }

    /// <summary>Closes the volume, with a record that says that an operator stopped it.</summary>
    /// <exception cref="VolumeException">The record could not be stored.</exception>
    internal async Task StopAsync()
    {
        RequestStop();
        await DisposeAsync();
        RequireStopped();
    }

    /// <summary>The record says that an operator stopped the volume when it is closed.</summary>
    internal void RequestStop() => device.Owner.Tell(Stop.Instance);

    /// <summary>Checks the record of the closed volume.</summary>
    /// <exception cref="VolumeException">The volume is not stopped.</exception>
    internal void RequireStopped()
    {
        if (device.Writer.State.Chosen is not { IsStopped: true, IsClean: true })
        {
            throw new VolumeException(
                $"The volume '{opening.Name}' is closed and not stopped: too few of its voters stored the record.");
        }
    }

    /// <summary>Closes the volume.</summary>
    public ValueTask DisposeAsync() => device.DisposeAsync();

    private static WriterPolicy PolicyOf(VolumeOptions options) => new()
    {
        MinInSync = options.MinInSync,
        HoldsFor = options.OnNoQuorum == NoQuorumAction.Error ? TimeSpan.Zero
            : options.SuspendDeadline == TimeSpan.Zero ? null
            : options.SuspendDeadline,
        ConfirmsReads = options.ReadQuorum,
        ServesAfterPowerLoss = options.AfterPowerLoss == PowerLossAction.Serve,
        PowerLossTimeout = options.PowerLossTimeout,
    };

    private static async Task WaitAsync(
        IActorRef actor, VolumeOptions options, VolumeDevice device, VolumeOpening opening)
    {
        try
        {
            var opened = await actor.Ask<VolumeActor.Opened>(new VolumeActor.WaitForOpen(), options.OpenTimeout);
            if (opened.Status.State == VolumeState.Stopped)
            {
                throw new VolumeException($"The volume '{options.Name}' was stopped. Start it before it is opened.")
                {
                    IsStopped = true,
                };
            }
        }
        catch (AskTimeoutException)
        {
            var status = await device.AskAsync(volume => VolumeReport.Of(volume, opening));
            throw new VolumeException(
                $"The volume '{options.Name}' does not serve after {options.OpenTimeout.TotalSeconds} s. {status}. It "
                + "needs a quorum of its voters and a leg of its in-sync set; attach the missing ones.");
        }
    }

    /// <summary>For the actor of the volume: its record says that it was stopped when it is closed.</summary>
    internal sealed record Stop : INoSerializationVerificationNeeded
    {
        internal static readonly Stop Instance = new();
    }
}
