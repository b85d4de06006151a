using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Messages that any actor can send: those of the public protocols with hostile values, replies of the service
/// sent back to it, messages of Akka.NET, and unknown messages.</summary>
internal sealed class HostileMessages(HostileValues values, IActorRef stranger)
{
    /// <summary>A message to the supervisor that needs exactly one reply.</summary>
    internal object Question() => values.Random.Next(9) switch
    {
        0 => new Get(values.Int(), Owner(), Wait: false, values.Int()),
        1 => new Put(new LeaseId(values.Long()), values.Int(), Owner()),
        2 => new AttachDevice(values.Name(), values.Device(), values.Depth(), values.Policy()),
        3 => new DetachDevice($"{values.Name()}?"),
        4 => new GetExtents(values.Name(), values.Long(), values.Long(), values.Int()),
        5 => GetDevices.Instance,
        6 => GetPoolStatus.Instance,
        7 => new ReopenDevice(values.Name()),
        _ => GetStatistics.Instance,
    };

    /// <summary>A message to a request actor that needs exactly one reply.</summary>
    internal IoRequest Request()
    {
        var options = values.Options() ?? new RequestOptions();
        return new IoRequest
        {
            Operation = values.Operation(),
            Regions = values.Regions(),
            Memory = values.Memory(),
            ForceUnitAccess = options.ForceUnitAccess,
            Edges = options.Edges,
            Zeroing = options.Zeroing,
            Priority = options.Priority,
            Deadline = options.Deadline,
            Context = options.Context,
        };
    }

    /// <summary>A message to any actor that needs no reply.</summary>
    internal object Nonsense() => values.Random.Next(16) switch
    {
        0 => new object(),
        1 => "a text",
        2 => values.Int(),
        3 => new Status.Failure(new InvalidOperationException("Not yours.")),
        4 => new Status.Success(null!),
        5 => ReceiveTimeout.Instance,
        6 => new Terminated(stranger, true, false),
        7 => new Granted(null!, null!),
        8 => new GetRefused(values.Int(), values.Int(), null!),
        9 => new PutDone(new LeaseId(values.Long()), values.Int()),
        10 => new PutRefused(default, null!),
        11 => new IoDone(null!),
        12 => new IoRefused(default, null!, null),
        13 => new ServiceEvents.DeviceHasFailed(values.Name(), default),
        14 => new DeviceDetached(values.Name()),
        _ => new Extents(null!, default, null!),
    };

    private IActorRef? Owner() => values.Pick<IActorRef?>([null, stranger, ActorRefs.Nobody]);
}
