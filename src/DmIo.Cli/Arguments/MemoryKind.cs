namespace DmIo.Cli;

/// <summary>Which of dm-io's three memory services the chunks are made of.</summary>
internal enum MemoryKind
{
    /// <summary>A list of the lease's pages.</summary>
    Pages,

    /// <summary>A vector of segments of the lease's pages.</summary>
    Bvec,

    /// <summary>A virtual buffer: one contiguous piece of native memory.</summary>
    Vm,
}

/// <summary>How files are served.</summary>
internal enum DeviceMode
{
    /// <summary>As it suits the place that the file lies in.</summary>
    Auto,

    /// <summary>On the thread of the device's actor.</summary>
    Inline,

    /// <summary>By io_uring.</summary>
    Ring,

    /// <summary>By threads of the device's own.</summary>
    Threads,
}

/// <summary>How a request is made.</summary>
internal enum CallMode
{
    /// <summary>Several requests in flight, each a task.</summary>
    Async,

    /// <summary>One blocking call after the other; only the input is read ahead.</summary>
    Sync,
}
