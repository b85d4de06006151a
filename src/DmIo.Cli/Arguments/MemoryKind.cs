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

/// <summary>How a request is made.</summary>
internal enum CallMode
{
    /// <summary>Several requests in flight, each a task.</summary>
    Async,

    /// <summary>One blocking call after the other; only the input is read ahead.</summary>
    Sync,
}
