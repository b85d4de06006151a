using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Io;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// The recovery after a failed flush of a device (R14): reports the failure to the supervisor, and drops the cache
/// before a reopen, or before reads that are allowed after a failure. The drop waits until nothing is in flight, since
/// I/O could fill the cache again; until then nothing is issued. Used by the device's actor only.
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

    /// <summary>The cache must be dropped: nothing may be issued before.</summary>
    internal bool IsDue { get; private set; }

    /// <summary>Reports a failure. Called before anything is issued or answered that may reveal it.</summary>
    internal void Note()
    {
        if (!isNoted && device.Failure is { } failure)
        {
            isNoted = true;
            IsDue |= device.Description.ReadsAfterFailure;
            supervisor.Tell(new ServiceEvents.DeviceHasFailed(name, StatusOf(failure)), actor);
        }
    }

    /// <summary>The status with which the device refuses the operation; null if it accepts it.</summary>
    internal IoStatus? Refuses(IoOperation operation) =>
        device.Refuses(operation) is { } failure ? StatusOf(failure) : null;

    /// <summary>Puts the device back into service after its cache is dropped.</summary>
    internal void Reopen() => isReopening = IsDue = true;

    /// <summary>Drops the cache if that is due and nothing is in flight; <see cref="CacheDropped"/> reports the
    /// end.</summary>
    internal void DropIfIdle(int inFlight)
    {
        if (IsDue && !isDropping && inFlight == 0)
        {
            isDropping = true;
            _ = DropAsync().PipeTo(actor, actor);
        }
    }

    /// <summary>A store that fails writes may still be readable.</summary>
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
