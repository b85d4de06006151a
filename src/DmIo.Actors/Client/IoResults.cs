using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>Outcomes that a client gives when the service can't any more.</summary>
internal static class IoResults
{
    /// <summary>Nothing of it was begun, and nobody has its memory.</summary>
    internal static IoResult Stopped(
        int regionCount, string reason, object? context, IoRefusal cause = IoRefusal.Stopped)
    {
        var statuses = new IoStatus[regionCount];
        var failure = new IoFailure(reason, Exception: new IoRefusedException(reason, cause));
        Array.Fill(statuses, new IoStatus(IoStatusCode.Stopped, failure));
        return new IoResult(statuses, context);
    }
}
