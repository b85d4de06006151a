using DmIo.Io;

namespace DmIo.Actors;

/// <summary>Outcomes that a client gives when the service can't any more.</summary>
internal static class IoResults
{
    /// <summary>Nothing of it was begun, and nobody has its memory.</summary>
    internal static IoResult Stopped(int regionCount, string reason, object? context)
    {
        var statuses = new IoStatus[regionCount];
        Array.Fill(statuses, IoStatus.Failed(IoStatusCode.Stopped, reason));
        return new IoResult(statuses, context);
    }
}
