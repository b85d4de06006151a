using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Sends a transcript that went wrong, in pieces, and leaves in one of the ways in which clients leave. What
/// the server says in the meantime has to be the protocol, to the last byte. With TLS, records go wrong below it,
/// too.</summary>
internal static class FuzzingClient
{
    private enum Leaving
    {
        /// <summary>Says no more, and hears the server out.</summary>
        Politely,

        /// <summary>Closes, whatever was on its way.</summary>
        Abruptly,

        /// <summary>Reads nothing, and closes when it has sent all it could.</summary>
        WithoutListening,

        /// <summary>Stays, silent, until the server has had enough.</summary>
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
        var heard = leaving == Leaving.WithoutListening ? Task.FromResult(Array.Empty<byte>()) : HearAsync(stream);
        await SendAsync(stream, pieces, mostMilliseconds: leaving == Leaving.WithoutListening ? 50 : 0).InTime();
        if (leaving == Leaving.Politely)
        {
            Shutdown(socket);
        }
        else if (leaving != Leaving.Never)
        {
            socket.Close();
        }

        var said = new ServerMessages([.. greeting, .. await heard.InTime()]);
        said.Check(isCut: leaving is Leaving.Abruptly or Leaving.WithoutListening);
    }

    /// <summary>Asks for TLS as one should. Of the records one goes wrong, about, in every other case.</summary>
    private static async Task<(byte[] Said, Stream Secure)> EncryptAsync(
        Stream stream, SslClientAuthenticationOptions tls, Random random)
    {
        var said = new byte[18 + OptionReplyHeader.SizeBytes];
        var option = new byte[sizeof(uint) + OptionHeader.SizeBytes];
        option[3] = 3;
        new OptionHeader(NbdOption.StartTls, 0).Write(option.AsSpan(sizeof(uint)));
        await stream.WriteAsync(option).AsTask().InTime();
        await stream.ReadExactlyAsync(said).AsTask().InTime();
        var secure = new SslStream(new TamperedStream(stream, random, oneIn: random.Next(2) == 0 ? 8 : int.MaxValue));
        try
        {
            await secure.AuthenticateAsClientAsync(tls).InTime();
        }
        catch (Exception fault) when (fault is IOException or AuthenticationException)
        {
            // The handshake went wrong; what is written from here on throws.
        }

        return (said, secure);
    }

    /// <summary>All of it, unless the server hangs up, or takes no more for a while where nobody reads.</summary>
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
            // The server has heard enough.
        }
        catch (OperationCanceledException)
        {
            Assert.True(mostMilliseconds > 0, "The server takes nothing, and does not hang up.");
        }
    }

    private static async Task<byte[]> HearAsync(Stream stream)
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
            // Reset, or closed by us.
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
            // The server was faster.
        }
    }
}
