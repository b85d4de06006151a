using System.Net.Sockets;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Sends a transcript that went wrong, in pieces, and leaves in one of the ways in which clients leave. What
/// the server says in the meantime has to be the protocol, to the last byte.</summary>
internal static class HostileClient
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

    internal static async Task RunAsync(string path, IEnumerable<byte[]> pieces, Random random)
    {
        var leaving = random.Next(40) == 0 ? Leaving.Never : (Leaving)random.Next(3);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).InTime();
        var heard = leaving == Leaving.WithoutListening ? Task.FromResult(Array.Empty<byte>()) : HearAsync(socket);
        await SendAsync(socket, pieces, mostMilliseconds: leaving == Leaving.WithoutListening ? 50 : 0).InTime();
        if (leaving == Leaving.Politely)
        {
            Shutdown(socket);
        }
        else if (leaving != Leaving.Never)
        {
            socket.Close();
        }

        var said = new ServerSpeech(await heard.InTime());
        said.Check(isCut: leaving is Leaving.Abruptly or Leaving.WithoutListening);
    }

    /// <summary>All of it, unless the server hangs up, or takes no more for a while where nobody reads.</summary>
    private static async Task SendAsync(Socket socket, IEnumerable<byte[]> pieces, int mostMilliseconds)
    {
        using var patience = new CancellationTokenSource(
            mostMilliseconds == 0 ? Patience.Limit : TimeSpan.FromMilliseconds(mostMilliseconds));
        try
        {
            foreach (var piece in pieces)
            {
                for (var sent = 0; sent < piece.Length;)
                {
                    sent += await socket.SendAsync(piece.AsMemory(sent), patience.Token);
                }
            }
        }
        catch (SocketException)
        {
            // The server has heard enough.
        }
        catch (OperationCanceledException)
        {
            Assert.True(mostMilliseconds > 0, "The server takes nothing, and does not hang up.");
        }
    }

    private static async Task<byte[]> HearAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var received)
            {
                all.Write(buffer, 0, received);
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
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
