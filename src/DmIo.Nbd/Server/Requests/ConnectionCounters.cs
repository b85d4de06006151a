using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>The counters of one connection. Written by its receive loop (errors: by any thread), read by any
/// thread.</summary>
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

    /// <summary>The timestamp of the last received data.</summary>
    internal long LastReceived => Volatile.Read(ref lastReceived);

    /// <summary>The timestamp since when the rest of a request is missing; 0: no request is incomplete.</summary>
    internal long ReceivingSince => Volatile.Read(ref receivingSince);

    /// <summary>Data was received.</summary>
    internal void Received() => Volatile.Write(ref lastReceived, time.GetTimestamp());

    /// <summary>The receive loop waits for the rest of a request.</summary>
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
