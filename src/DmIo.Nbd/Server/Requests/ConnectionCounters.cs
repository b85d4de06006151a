using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>What one connection has done. Written by its receive loop (errors: by anybody), read by anybody.</summary>
internal sealed class ConnectionCounters(TimeProvider time)
{
    private long requests;
    private long errors;
    private long readBytes;
    private long writtenBytes;
    private long lastReceived = time.GetTimestamp();
    private long receivingSince;

    internal long Requests => Volatile.Read(ref requests);

    internal long Errors => Volatile.Read(ref errors);

    internal long ReadBytes => Volatile.Read(ref readBytes);

    internal long WrittenBytes => Volatile.Read(ref writtenBytes);

    /// <summary>When something came last, as the time's stamp.</summary>
    internal long LastReceived => Volatile.Read(ref lastReceived);

    /// <summary>Since when the rest of a request does not come, as the time's stamp; 0: none is waited for.</summary>
    internal long ReceivingSince => Volatile.Read(ref receivingSince);

    /// <summary>Something has come.</summary>
    internal void Received() => Volatile.Write(ref lastReceived, time.GetTimestamp());

    /// <summary>The rest of a request is waited for.</summary>
    internal void BeginPause() => Volatile.Write(ref receivingSince, time.GetTimestamp());

    internal void EndPause() => Volatile.Write(ref receivingSince, 0);

    internal void Began(in RequestHeader request)
    {
        Volatile.Write(ref requests, requests + 1);
        switch (request.Command)
        {
            case NbdCommand.Read:
                Volatile.Write(ref readBytes, readBytes + request.LengthBytes);
                break;
            case NbdCommand.Write:
                Volatile.Write(ref writtenBytes, writtenBytes + request.LengthBytes);
                break;
            default:
                break;
        }
    }

    internal long Failed() => Interlocked.Increment(ref errors);
}
