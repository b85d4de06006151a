using DmIo.Actors.Client;

namespace DmIo.Actors.Protocol;

/// <summary>Why a request was not begun.</summary>
public enum IoRefusal
{
    /// <summary>It breaks a rule of requests: it will be refused again.</summary>
    BreaksRule,

    /// <summary>As many requests of the lease wait as may: it can be sent again when some are done. Only of messages
    /// and of <see cref="IoClient.TrySend"/>; all other calls of a client wait.</summary>
    NoRoom,

    /// <summary>The lease was put back, or the service has stopped: it will be refused again. A request that was
    /// accepted before, and not begun by then, ends with <see cref="DmIo.Io.IoStatusCode.Stopped"/>.</summary>
    Stopped,
}
