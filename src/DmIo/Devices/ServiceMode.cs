namespace DmIo.Devices;

/// <summary>How a device's operations are served: a declared property of its backend, shown by <c>dmio
/// devices</c>.</summary>
public enum ServiceMode
{
    /// <summary>The backend's own way; operations complete when they complete, on any thread.</summary>
    Own,

    /// <summary>
    /// Before the call returns, on the caller's thread: for stores that never wait (memory, page cache on tmpfs), where
    /// a hop to another thread costs more than the copy.
    /// </summary>
    Inline,

    /// <summary>Linux io_uring: calls are gathered, and sent to the kernel together.</summary>
    Ring,

    /// <summary>A bounded set of threads that belong to the device, one blocking system call each.</summary>
    Threads,
}
