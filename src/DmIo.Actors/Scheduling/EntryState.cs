namespace DmIo.Actors.Scheduling;

/// <summary>Where an I/O is on its way through the queue; see <see cref="QueueEntry"/>.</summary>
internal enum EntryState
{
    /// <summary>Waits for earlier ones that it conflicts with.</summary>
    Blocked,

    /// <summary>May go.</summary>
    Ready,

    /// <summary>May go, and is in the <see cref="Passage"/>.</summary>
    Passing,

    /// <summary>In a device operation.</summary>
    Taken,

    /// <summary>Waits to go down again, alone.</summary>
    Retrying,

    /// <summary>A flush, or a durable write that was written: waits for the next flush.</summary>
    Syncing,
}
