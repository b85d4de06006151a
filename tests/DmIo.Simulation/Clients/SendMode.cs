namespace DmIo.Simulation;

/// <summary>How a request is sent, and how its outcome is returned. Blocking calls are left out: the only thread would
/// wait for itself.</summary>
internal enum SendMode
{
    /// <summary>By message; the reply goes to the sender or to <c>ReplyTo</c>.</summary>
    Tell,

    /// <summary>By message; the reply completes a task.</summary>
    Ask,

    /// <summary>By message; the outcome is a call in the request actor's turn.</summary>
    Completion,

    /// <summary>By a client; the outcome is a call in the request actor's turn.</summary>
    TrySend,

    /// <summary>By a client; the outcome completes a task.</summary>
    Task,

    /// <summary>By a client; the token of the task can be canceled before the request, during it or too
    /// late.</summary>
    CancellableTask,

    /// <summary>By a client; the outcome is a call on the thread pool.</summary>
    Callback,
}
