namespace DmIo.Actors.Scheduling;

/// <summary>Which of a device's operations that may run goes next. None of them crosses a conflict.</summary>
public enum SchedulingPolicy
{
    /// <summary>
    /// By priority class; within a class leases share the device by their weights, each in arrival order. The choice
    /// where several leases share a device.
    /// </summary>
    Fair,

    /// <summary>
    /// By priority class; within a class as Linux's mq-deadline: batches in the order of sectors, reads before writes,
    /// neither kept waiting beyond its expiry. The choice for disks that seek.
    /// </summary>
    Deadline,

    /// <summary>In arrival order, whoever asks and however urgent. The choice for one user, or for a
    /// comparison.</summary>
    Fifo,
}
