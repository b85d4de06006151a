using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// One I/O as <see cref="IoQueue"/> knows it. Its properties do not change while it is in a queue, except
/// <see cref="Entry"/>.
/// </summary>
internal interface IQueuedIo
{
    IoOperation Operation { get; }

    /// <summary>The device is not looked at.</summary>
    IoRegion Region { get; }

    /// <summary>Null where the operation takes no data.</summary>
    IoMemory? Memory { get; }

    bool ForceUnitAccess { get; }

    WriteEdges Edges { get; }

    LeaseId Lease { get; }

    /// <summary>The lease's share of a device, 1 to 10000, as the kernel's io.weight; 100 is the default.</summary>
    int Weight { get; }

    IoPriority Priority { get; }

    /// <summary>Its place in the queue; only the queue uses it.</summary>
    QueueEntry? Entry { get; set; }

    /// <summary>Users the I/O for the device. False: it was withdrawn, and the queue drops it.</summary>
    bool TryIssue();
}
