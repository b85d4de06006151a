namespace DmIo.Io;

/// <summary>Which operations of a device go first: Linux's I/O priority classes.</summary>
public enum IoPriority
{
    /// <summary>The usual class; leases share the device by their weights.</summary>
    BestEffort,

    /// <summary>Before all others. A flood of these holds up the rest until its expiry.</summary>
    RealTime,

    /// <summary>When no other waits, or when it expired.</summary>
    Idle,
}
