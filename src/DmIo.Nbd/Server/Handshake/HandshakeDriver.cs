using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Handshake;

/// <summary>Transfers bytes between a connection and its <see cref="OptionHaggling"/> until the handshake
/// ends.</summary>
internal static class HandshakeDriver
{
    private const int FirstBytes = 512;

    /// <summary>Runs the handshake.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="haggling">The state of the handshake.</param>
    /// <param name="startTls">Starts TLS on the connection; throws <see cref="IOException"/> if that fails.</param>
    /// <returns>The connection, with TLS if it was started, and the bytes that were received after the handshake; null:
    /// the client disconnected or was refused.</returns>
    internal static async Task<(NbdTransport Transport, ReadOnlyMemory<byte> Early)?> RunAsync(
        NbdTransport transport, OptionHaggling haggling, Func<Task<NbdTransport>> startTls)
    {
        var buffer = new byte[FirstBytes];
        var (start, end) = (0, 0);
        haggling.Greet();
        while (true)
        {
            var taken = haggling.Take(buffer.AsSpan(start, end - start), out var needed);
            start += taken;
            if (taken > 0 && haggling.State == OptionHagglingState.Options)
            {
                continue;
            }

            await SendAsync(transport, haggling).ConfigureAwait(false);
            switch (haggling.State)
            {
                case OptionHagglingState.Closed:
                    return null;
                case OptionHagglingState.Transmission:
                    return (transport, buffer.AsMemory(start, end - start));
                case OptionHagglingState.StartTls when end > start:
                    throw new IOException("The client sent unencrypted data after STARTTLS.");
                case OptionHagglingState.StartTls:
                    transport = await startTls().ConfigureAwait(false);
                    haggling.TlsStarted();
                    continue;
                default:
                    break;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            Array.Resize(ref buffer, Math.Max(buffer.Length, needed));
            var received = await transport.ReceiveAsync(buffer.AsMemory(end)).ConfigureAwait(false);
            if (received == 0)
            {
                return null;
            }

            end += received;
        }
    }

    private static async ValueTask SendAsync(NbdTransport transport, OptionHaggling haggling)
    {
        if (haggling.Output.Length > 0)
        {
            await transport.SendAsync([haggling.Output]).ConfigureAwait(false);
            haggling.Sent();
        }
    }
}
