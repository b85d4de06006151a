using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// The part of the supervisor that attaches and detaches devices (R21). A name is in the directory from before its
/// DeviceAttached until its detach, or its actor's death; the name is in use until its device is closed.
/// </summary>
internal sealed class DeviceRegistry(
    IActorContext context,
    DeviceDirectory directory,
    PagePool pool,
    ServiceCounters counters,
    DmIoSettings settings)
{
    private readonly Dictionary<string, DeviceRecord> devices = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, DeviceRecord> byActor = [];
    private readonly ILoggingAdapter log = context.GetLogger();
    private bool isClosed;

    /// <summary>No device is attached or being closed.</summary>
    internal bool IsIdle => devices.Count == 0;

    internal void Attach(AttachDevice attach, IActorRef sender)
    {
        if (attach.Handover?.TryTake() == false)
        {
            return;
        }

        var refusal = RefusalOf(attach);
        DeviceDescription? description = null;
        try
        {
            description = attach.Device?.Description;
        }
        catch (Exception exception)
        {
            refusal ??= $"The device's description threw: {exception.Message}";
        }

        refusal ??= description is null
            ? "There is no device to attach, or its description is null."
            : description.Fault();
        PageLease? pages = null;
        refusal ??= TakePages(description!, out pages);
        if (refusal is not null)
        {
            Refuse(attach, sender, refusal);
            return;
        }

        var queue = new IoQueueOptions
        {
            Depth = attach.QueueDepth ?? settings.QueueDepth,
            Policy = attach.Policy ?? settings.Policy,
        };
        var setup = new DeviceSetup(
            attach.Name,
            attach.Device!,
            queue,
            pool.Memory,
            pages?.Pages ?? [],
            settings.Background,
            new DeviceCounters(attach.Name, description!.Mode, queue.Policy, counters.Clock));
        var actor = context.Watch(context.ActorOf(
            DeviceActor.Props(setup, context.Self).WithDispatcherOf(settings), DeviceName.ToActorName(attach.Name)));
        var record = new DeviceRecord(setup, description, actor) { Pages = pages };
        devices.Add(record.Name, record);
        byActor.Add(actor, record);
        counters.Add(record.Counters);
        directory.Add(new DeviceEntry(
            record.Counters, record.Actor, record.Description, settings.SlowAfterOf(record.Name)));
        context.System.EventStream.Publish(new ServiceEvents.DeviceOnline(record.Name, record.Description));
        WarnOfTail(record);
        sender.Tell(new DeviceAttached(record.Name, record.Description), context.Self);
    }

    private void WarnOfTail(DeviceRecord record)
    {
        if (record.Description.TailBytes > 0)
        {
            log.Warning(
                "Device '{0}': the last {1} bytes of its store fill no block of {2} bytes; these bytes are not part "
                + "of the device, and are neither read nor written.",
                record.Name,
                record.Description.TailBytes,
                record.Description.BlockSize.Bytes);
        }
    }

    internal void Detach(DetachDevice detach, IActorRef sender)
    {
        if (detach.Name is null || !devices.TryGetValue(detach.Name, out var record))
        {
            sender.Tell(new DetachRefused(detach.Name!, $"No device named '{detach.Name}' is attached."), context.Self);
        }
        else if (record.State == DeviceState.Detaching)
        {
            sender.Tell(
                new DetachRefused(record.Name, $"The device '{record.Name}' is being detached or closed."),
                context.Self);
        }
        else
        {
            BeginDetach(record, sender);
        }
    }

    internal void Reopen(ReopenDevice reopen, IActorRef sender)
    {
        var record = reopen.Name is null ? null : devices.GetValueOrDefault(reopen.Name);
        var refusal = record switch
        {
            null => $"No device named '{reopen.Name}' is attached.",
            { State: DeviceState.Detaching } => $"The device '{record.Name}' is being detached or closed.",
            { State: DeviceState.Online } => $"The device '{record.Name}' has not failed; it is in service.",
            { ReopenReplyTo: not null } => $"The device '{record.Name}' is being reopened already.",
            _ => null,
        };
        if (refusal is not null)
        {
            sender.Tell(new ReopenRefused(reopen.Name!, refusal), context.Self);
            return;
        }

        record!.ReopenReplyTo = sender;
        record.Actor.Tell(DropAndReopen.Instance, context.Self);
    }

    internal void ReopenEnded(ReopenEnded ended, IActorRef actor)
    {
        if (!byActor.TryGetValue(actor, out var record) || record.ReopenReplyTo is not { } replyTo)
        {
            return;
        }

        record.ReopenReplyTo = null;
        if (ended.Status.IsOk)
        {
            record.State = DeviceState.Online;
            log.Warning(
                "Device {0} was reopened: writes since its last successful flush may be lost",
                record.Name);
            context.System.EventStream.Publish(new ServiceEvents.DeviceReopened(record.Name));
            replyTo.Tell(new DeviceReopened(record.Name), context.Self);
        }
        else
        {
            var reason = $"The device '{record.Name}' still fails, and stays failed: {ended.Status}";
            replyTo.Tell(new ReopenRefused(record.Name, reason), context.Self);
        }
    }

    /// <summary>Runs outside the device's actor, which may be busy, or die with the query in its mailbox.</summary>
    internal void GetExtents(GetExtents question, IActorRef sender)
    {
        var refusal = question.Device is null || !devices.TryGetValue(question.Device, out var record)
            ? $"No device named '{question.Device}' is attached."
            : record.State != DeviceState.Online
                ? $"The device '{question.Device}' is not online."
                : ExtentQuery.Check(question, record.Description);
        if (refusal is not null)
        {
            sender.Tell(new ExtentsRefused(question.Device!, refusal), context.Self);
            return;
        }

        settings.Background(new ExtentQuery(devices[question.Device!].Device, question, sender, context.Self));
    }

    /// <summary>A device actor sends this before it answers the flush, so that the registry knows of the failure before
    /// any client.</summary>
    internal void HasFailed(ServiceEvents.DeviceHasFailed failed, IActorRef actor)
    {
        if (byActor.TryGetValue(actor, out var record))
        {
            record.State = record.State == DeviceState.Online ? DeviceState.Failed : record.State;
            log.Error("Device {0} has failed: {1}", failed.Name, failed.Status);
            context.System.EventStream.Publish(failed);
        }
    }

    internal void HasGrown(DeviceHasGrown grown, IActorRef actor)
    {
        if (!byActor.TryGetValue(actor, out var record) || grown.Capacity <= record.Description.Capacity)
        {
            return;
        }

        var description = record.Description with { Capacity = grown.Capacity };
        if (description.Fault() is { } fault)
        {
            log.Error("Device {0} reports an invalid capacity, which is ignored: {1}", record.Name, fault);
            return;
        }

        record.Description = description;
        if (directory.TryFind(record.Name, out var entry) && entry.Actor.Equals(actor))
        {
            entry.Description = description;
        }

        log.Info("Device {0} has grown to {1} bytes", record.Name, grown.Capacity.Bytes);
        context.System.EventStream.Publish(new ServiceEvents.DeviceGrown(record.Name, description));
    }

    internal void Terminated(IActorRef actor)
    {
        if (byActor.TryGetValue(actor, out var record))
        {
            directory.Remove(record.Name);
            record.State = DeviceState.Detaching;
            record.IsTerminated = true;
            RefuseReopen(record);
            context.System.EventStream.Publish(new ServiceEvents.DeviceOffline(record.Name));
            if (!record.Setup.IsTaken)
            {
                record.Setup.IsTaken = true;
                Close(record.Device, new DeviceReleased(actor), context.Self);
            }

            RemoveIfGone(record);
        }
    }

    internal void Released(DeviceReleased released)
    {
        var record = byActor[released.Actor];
        record.IsReleased = true;
        RemoveIfGone(record);
    }

    internal DeviceList List() => new(
        [.. devices.Values.OrderBy(record => record.Name, StringComparer.Ordinal)
            .Select(record => record.ToStatus())]);

    /// <summary>Stops attaching devices.</summary>
    internal void CloseToNew() => isClosed = true;

    /// <summary>Stops attaching devices, and detaches all.</summary>
    internal void Close()
    {
        CloseToNew();
        foreach (var record in devices.Values)
        {
            if (record.State != DeviceState.Detaching)
            {
                BeginDetach(record, replyTo: null);
            }
        }
    }

    /// <summary>Called when the supervisor stops: answers all waiting senders. The device actors have stopped before
    /// and close their devices; the supervisor closes a device whose actor's constructor threw.</summary>
    internal void Stop()
    {
        foreach (var record in devices.Values)
        {
            RefuseReopen(record);
            var refused = new DetachRefused(
                record.Name, "The service stopped while the device had I/O in flight.");
            if (record.Setup.IsTaken)
            {
                record.ReplyTo?.Tell(refused, context.Self);
            }
            else
            {
                Close(record.Device, refused, record.ReplyTo ?? ActorRefs.Nobody);
            }
        }
    }

    private void BeginDetach(DeviceRecord record, IActorRef? replyTo)
    {
        record.State = DeviceState.Detaching;
        record.ReplyTo = replyTo;
        RefuseReopen(record);
        directory.Remove(record.Name);
        record.Actor.Tell(DrainDevice.Instance, context.Self);
    }

    private void RefuseReopen(DeviceRecord record)
    {
        record.ReopenReplyTo?.Tell(
            new ReopenRefused(record.Name, $"The device '{record.Name}' was taken out of service."), context.Self);
        record.ReopenReplyTo = null;
    }

    private void RemoveIfGone(DeviceRecord record)
    {
        if (record.IsTerminated && record.IsReleased)
        {
            devices.Remove(record.Name);
            byActor.Remove(record.Actor);
            counters.Remove(record.Counters);
            if (record.Pages is not null)
            {
                pool.Return(record.Pages);
            }

            record.ReplyTo?.Tell(new DeviceDetached(record.Name), context.Self);
        }
    }

    /// <summary>Reserves the pages that the device requires, all or none, for as long as it is in service.</summary>
    private string? TakePages(DeviceDescription description, out PageLease? pages)
    {
        pages = null;
        return description.BouncePages == 0 || pool.TryLease(description.BouncePages, out pages)
            ? null
            : $"It requires {description.BouncePages} pages, for memory that direct I/O cannot use, and "
                + $"{pool.AvailablePages} are available; raise dmio.pool.max-pages, or put leases back.";
    }

    private string? RefusalOf(AttachDevice attach)
    {
        if (isClosed)
        {
            return "The service is stopping.";
        }

        if (DeviceName.FaultOf(attach.Name) is { } fault)
        {
            return fault;
        }

        if (attach.QueueDepth is { IsPossible: false } depth)
        {
            return $"A queue depth is 1 to {QueueDepth.MaxValue}, or a range within that, and its latency target "
                + $"above 0, not {depth}.";
        }

        if (attach.Policy is { } policy && !Enum.IsDefined(policy))
        {
            return $"There is no policy {(int)attach.Policy}; use one of {nameof(SchedulingPolicy)}.";
        }

        var twin = devices.Values.FirstOrDefault(record => ReferenceEquals(record.Device, attach.Device));
        return devices.TryGetValue(attach.Name, out var present) switch
        {
            false when twin is not null =>
                $"This device is in service already, as '{twin.Name}'; detach that first and open the device again.",
            false => null,
            true when present!.State == DeviceState.Detaching =>
                $"The device '{attach.Name}' is being closed and may have I/O in flight; wait until it is detached.",
            true => $"A device named '{attach.Name}' is attached already; detach it first or use another name.",
        };
    }

    /// <summary>Closes the device, then replies. Does not close a device that is in service under another
    /// name.</summary>
    private void Refuse(AttachDevice attach, IActorRef replyTo, string reason)
    {
        var refused = new AttachRefused(attach.Name, reason) { Cause = isClosed ? IoRefusal.Stopped : null };
        if (attach.Device is null || devices.Values.Any(record => ReferenceEquals(record.Device, attach.Device)))
        {
            replyTo.Tell(refused, context.Self);
        }
        else
        {
            Close(attach.Device, refused, replyTo);
        }
    }

    /// <summary>Runs outside the supervisor's turn, since closing a device may block.</summary>
    private void Close(IBlockDevice device, object message, IActorRef replyTo) =>
        settings.Background(new UnservedDevice(device, log, message, replyTo, context.Self));
}
