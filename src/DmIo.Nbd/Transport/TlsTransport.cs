using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace DmIo.Nbd.Transport;

/// <summary>A socket with TLS. Small buffers are gathered into records before they are sent: encryption copies the data
/// anyway, and one record per reply header would cost more than a copy.</summary>
internal sealed class TlsTransport(SslStream stream, SocketTransport below) : NbdTransport
{
    /// <summary>The payload of one TLS record.</summary>
    private const int RecordBytes = 16 * 1024;

    private readonly byte[] record = new byte[RecordBytes];
    private volatile bool isReceiving;
    private Task<int>? pendingWait;
    private long sentBytes;

    internal override string Peer => below.Peer;

    /// <summary>The TLS stream, for the negotiated parameters and the client's certificate.</summary>
    internal SslStream Stream => stream;

    internal override (long TakenBytes, int QueuedBytes) SendProgress =>
        (Volatile.Read(ref sentBytes), below.SendProgress.QueuedBytes);

    /// <summary>A receive of zero bytes completes when decrypted data is available.</summary>
    internal override async ValueTask WaitAsync()
    {
        pendingWait ??= ReceiveAsync(Memory<byte>.Empty).AsTask();
        try
        {
            await pendingWait.ConfigureAwait(false);
        }
        finally
        {
            pendingWait = null;
        }
    }

    internal override async ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations)
    {
        pendingWait ??= ReceiveAsync(Memory<byte>.Empty).AsTask();
        if (!pendingWait.IsCompleted)
        {
            return -1;
        }

        await WaitAsync().ConfigureAwait(false);
        return await ReceiveAsync(destinations.Span[0]).ConfigureAwait(false);
    }

    internal override async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        isReceiving = true;
        try
        {
            return await stream.ReadAsync(destination).ConfigureAwait(false);
        }
        catch (Exception fault) when (IsBroken(fault))
        {
            throw new IOException($"The connection was closed, or the data is not TLS: {fault.Message}", fault);
        }
        finally
        {
            isReceiving = false;
        }
    }

    internal override async ValueTask<bool> FillAsync(IReadOnlyList<Memory<byte>> destinations)
    {
        for (var i = 0; i < destinations.Count; i++)
        {
            if (!await FillAsync(destinations[i]).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    internal override async ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        try
        {
            var gathered = 0;
            for (var i = 0; i < parts.Count; i++)
            {
                var part = parts[i];
                if (part.Length > RecordBytes - gathered)
                {
                    await WriteAsync(record.AsMemory(0, gathered)).ConfigureAwait(false);
                    gathered = 0;
                }

                if (part.Length >= RecordBytes)
                {
                    await WriteAsync(part).ConfigureAwait(false);
                }
                else
                {
                    part.CopyTo(record.AsMemory(gathered));
                    gathered += part.Length;
                }
            }

            await WriteAsync(record.AsMemory(0, gathered)).ConfigureAwait(false);
        }
        catch (Exception fault) when (IsBroken(fault))
        {
            throw new IOException($"The connection was closed: {fault.Message}", fault);
        }
    }

    internal override void EndReceiving() => below.EndReceiving();

    internal override void EndSending() => below.EndSending();

    internal override void Abort() => below.Abort();

    public override async ValueTask DisposeAsync()
    {
        // ShutdownAsync reads from the stream, so it must not run together with a receive.
        if (!isReceiving)
        {
            await SendCloseNotifyAsync().ConfigureAwait(false);
        }

        await below.DisposeAsync().ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes).ConfigureAwait(false);
        Volatile.Write(ref sentBytes, sentBytes + bytes.Length);
    }

    private async ValueTask SendCloseNotifyAsync()
    {
        try
        {
            await stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException || IsBroken(fault))
        {
            // The peer has closed the connection already.
        }
    }

    /// <summary>Exceptions of TLS other than <see cref="IOException"/>: the stream was closed, or the peer's data is
    /// not TLS.</summary>
    private static bool IsBroken(Exception fault) =>
        fault is InvalidOperationException or CryptographicException or AuthenticationException;
}
