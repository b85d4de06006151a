using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Sends a mutated transcript in fragments, and disconnects in a random way. Everything that the server sends
/// must be valid. With TLS, records are mutated as well.</summary>
internal static class FuzzingClient
{
    private enum Leaving
    {
        /// <summary>Sends no more, and reads the rest of the server's data.</summary>
        Gracefully,

        /// <summary>Closes the connection immediately.</summary>
        Abruptly,

        /// <summary>Reads nothing, and closes when everything that could be sent was sent.</summary>
        WithoutReading,

        /// <summary>Stays connected and silent until the server closes the connection.</summary>
        Never,
    }

    internal static async Task RunAsync(
        string path, IEnumerable<byte[]> pieces, Random random, SslClientAuthenticationOptions? tls = null)
    {
        var leaving = random.Next(40) == 0 ? Leaving.Never : (Leaving)random.Next(3);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).InTime();
        Stream stream = new NetworkStream(socket);
        byte[] greeting = [];
        if (tls is not null)
        {
            (greeting, stream) = await EncryptAsync(stream, tls, random);
        }

        await using var ending = stream;
        var received = leaving == Leaving.WithoutReading ? Task.FromResult(Array.Empty<byte>()) : ReceiveAsync(stream);
        await SendAsync(stream, pieces, mostMilliseconds: leaving == Leaving.WithoutReading ? 50 : 0).InTime();
        if (leaving == Leaving.Gracefully)
        {
            Shutdown(socket);
        }
        else if (leaving != Leaving.Never)
        {
            socket.Close();
        }

        var printed = new ServerMessages([.. greeting, .. await received.InTime()]);
        printed.Check(isCut: leaving is Leaving.Abruptly or Leaving.WithoutReading);
    }

    /// <summary>Starts TLS correctly. In every other case, about one record is mutated.</summary>
    private static async Task<(byte[] Sent, Stream Secure)> EncryptAsync(
        Stream stream, SslClientAuthenticationOptions tls, Random random)
    {
        var printed = new byte[18 + OptionReplyHeader.SizeBytes];
        var option = new byte[sizeof(uint) + OptionHeader.SizeBytes];
        option[3] = 3;
        new OptionHeader(NbdOption.StartTls, 0).Write(option.AsSpan(sizeof(uint)));
        await stream.WriteAsync(option).AsTask().InTime();
        await stream.ReadExactlyAsync(printed).AsTask().InTime();
        var secure = new SslStream(new TamperedStream(stream, random, oneIn: random.Next(2) == 0 ? 8 : int.MaxValue));
        try
        {
            await secure.AuthenticateAsClientAsync(tls).InTime();
        }
        catch (Exception fault) when (fault is IOException or AuthenticationException)
        {
            // The TLS handshake failed; further writes throw.
        }

        return (printed, secure);
    }

    /// <summary>Sends everything, unless the server closes the connection, or stops receiving because nothing is
    /// read.</summary>
    private static async Task SendAsync(Stream stream, IEnumerable<byte[]> pieces, int mostMilliseconds)
    {
        using var patience = new CancellationTokenSource(
            mostMilliseconds == 0 ? Patience.Limit : TimeSpan.FromMilliseconds(mostMilliseconds));
        try
        {
            foreach (var piece in pieces)
            {
                await stream.WriteAsync(piece, patience.Token);
            }
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // The server closed the connection.
        }
        catch (OperationCanceledException)
        {
            Assert.True(mostMilliseconds > 0, "The server neither receives data nor closes the connection.");
        }
    }

    private static async Task<byte[]> ReceiveAsync(Stream stream)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var received)
            {
                all.Write(buffer, 0, received);
            }
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // Reset, or closed by this client.
        }

        return all.ToArray();
    }

    private static void Shutdown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server closed the connection first.
        }
    }
}
