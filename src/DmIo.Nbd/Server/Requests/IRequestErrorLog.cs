using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Where a connection's failed requests are written down, each with a number of its own.</summary>
internal interface IRequestErrorLog
{
    /// <summary>A client is told.</summary>
    /// <returns>The text for it, with the number.</returns>
    string Log(in RequestHeader request, NbdError error, in IoStatus status);

    /// <summary>It can't be told any more: the connection is to be cut.</summary>
    void Break(in RequestHeader request, in IoStatus status);
}
