namespace DmIo.Simulation;

/// <summary>How a request is sent, and how its outcome comes. Calls that block are not among them: there is one thread,
/// which would wait for itself.</summary>
internal enum SendMode
{
    /// <summary>By message; the outcome is told to the sender, or to whom it names.</summary>
    Tell,

    /// <summary>By message; the outcome completes a task.</summary>
    Ask,

    /// <summary>By message; the outcome is a call on the request actor's turn.</summary>
    Completion,

    /// <summary>By a client that calls an object of the caller's on the request actor's turn.</summary>
    TrySend,

    /// <summary>By a client, for a task.</summary>
    Task,

    /// <summary>The same, with a token that may be cancelled before, while it is under way, or too late.</summary>
    CancellableTask,

    /// <summary>By a client that calls a delegate, on the thread pool.</summary>
    Callback,
}
