using DmIo.Actors.Protocol;

namespace DmIo.Actors.Client;

/// <summary>
/// A request of a client that is not answered yet. Whoever removes it from <see cref="OutstandingRequests"/>, and
/// nobody else, gives it its outcome; that is how it gets exactly one.
/// </summary>
internal interface IOutstanding : IIoCompletion
{
    /// <summary>Its place among the outstanding; theirs alone to use.</summary>
    int Slot { get; set; }

    /// <summary>After it was removed: nothing of it was begun, nobody has its memory, and that is its
    /// outcome.</summary>
    void Stop(string reason);
}
