using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Io;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// What follows a failed flush of a device (R14): the supervisor is told; for reads, where they are allowed after a
/// failure, and for a reopening, the cache is dropped. That waits until nothing is in flight, which could fill the
/// cache again; meanwhile nothing is issued. For the device's actor, on its thread.
/// <code>
///   Running --Note--> Failed --Reopen, read-after-failure--> IsDue --DropIfIdle--> dropping --Dropped--> Failed
///      ^                                                                              |
///      +--------------------------------------------------- Dropped, to be reopened --+
/// </code>
/// </summary>
internal sealed class DeviceRecovery(string name, FailStopDevice device, IActorRef actor, IActorRef supervisor)
{
    private bool isNoted;
    private bool isReopening;
    private bool isDropping;

    /// <summary>The cache is to be dropped: nothing may be issued until it is.</summary>
    internal bool IsDue { get; private set; }

    /// <summary>Before anything is issued or answered that may show a failure.</summary>
    internal void Note()
    {
        if (!isNoted && device.Failure is { } failure)
        {
            isNoted = true;
            IsDue |= device.Description.ReadsAfterFailure;
            supervisor.Tell(new ServiceEvents.DeviceHasFailed(name, StatusOf(failure)), actor);
        }
    }

    /// <summary>How the device refuses the operation; null where it takes it.</summary>
    internal IoStatus? Refuses(IoOperation operation) =>
        device.Refuses(operation) is { } failure ? StatusOf(failure) : null;

    /// <summary>The device is to run again, once its cache is dropped.</summary>
    internal void Reopen() => isReopening = IsDue = true;

    /// <summary>Drops the cache where that is due; <see cref="CacheDropped"/> comes then.</summary>
    internal void DropIfIdle(int inFlight)
    {
        if (IsDue && !isDropping && inFlight == 0)
        {
            isDropping = true;
            _ = DropAsync().PipeTo(actor, actor);
        }
    }

    /// <summary>A store that takes no writes may still be read.</summary>
    internal void Dropped(IoStatus status)
    {
        var wasReopening = isReopening;
        isReopening = isDropping = IsDue = false;
        if (wasReopening && status.IsOk)
        {
            device.Reopen();
            isNoted = false;
        }
        else if (device.Description.ReadsAfterFailure && status.Code != IoStatusCode.Unsupported)
        {
            device.AllowReads();
        }

        if (wasReopening)
        {
            supervisor.Tell(new ReopenEnded(status), actor);
        }
    }

    private async Task<CacheDropped> DropAsync()
    {
        try
        {
            return new CacheDropped(await device.DropCacheAsync().ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            return new CacheDropped(IoStatus.Failed(
                IoStatusCode.Unsupported, $"The cache of '{name}' cannot be dropped: {exception.Message}"));
        }
    }

    private IoStatus StatusOf(IoFailure failure) => new(IoStatusCode.DeviceFailed, failure with
    {
        Message = $"A flush of '{name}' failed, so the device is failed until it is reopened: {failure.Message}",
    });
}
