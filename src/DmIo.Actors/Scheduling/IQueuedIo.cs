using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// One I/O in an <see cref="IoQueue"/>. Its properties do not change while it is in a queue, except
/// <see cref="Entry"/>.
/// </summary>
internal interface IQueuedIo
{
    /// <summary>The operation, without its data.</summary>
    ref readonly DeviceOperation Operation { get; }

    /// <summary>Null if the operation transfers no data.</summary>
    IoMemory? Memory { get; }

    WriteEdges Edges { get; }

    LeaseId Lease { get; }

    /// <summary>The lease's weight, 1 to 10000 (Linux: io.weight); the default is 100.</summary>
    int Weight { get; }

    IoPriority Priority { get; }

    /// <summary>Its entry in the queue; only the queue uses it.</summary>
    QueueEntry? Entry { get; set; }

    /// <summary>Users the I/O for the device. False: it was withdrawn, and the queue drops it.</summary>
    bool TryIssue();
}
