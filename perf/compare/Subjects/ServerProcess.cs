using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace DmIo.Compare;

/// <summary>
/// A server that runs during its contest, in its own process, and listens when <see cref="Start"/> returns. If it
/// cannot be started, <see cref="Missing"/> has the reason, and other servers are not affected. It is ended by its id.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process? process;

    private ServerProcess(Process? process, string uri, string? missing)
    {
        this.process = process;
        Uri = uri;
        Missing = missing;
    }

    /// <summary>The URI of its export.</summary>
    internal string Uri { get; }

    /// <summary>Why it does not run; null: it does.</summary>
    internal string? Missing { get; }

    /// <summary>Its resident memory in bytes.</summary>
    internal long ResidentBytes
    {
        get
        {
            process!.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts a server, and waits until it accepts connections.</summary>
    /// <param name="endPoint">The address to listen on.</param>
    /// <param name="uri">The URI of its export.</param>
    /// <param name="program">A program in the PATH.</param>
    /// <param name="arguments">Arguments that keep it in the foreground.</param>
    internal static ServerProcess Start(EndPoint endPoint, string uri, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "1";
        try
        {
            var started = Process.Start(start)!;
            started.BeginOutputReadLine();
            started.BeginErrorReadLine();
            var server = new ServerProcess(started, uri, missing: null);
            if (ListensAt(endPoint, started))
            {
                return server;
            }

            server.Dispose();
            return new ServerProcess(null, uri, $"{program} does not listen at {endPoint}");
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            return new ServerProcess(null, uri, $"{program} can't be started: {fault.Message}");
        }
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static bool ListensAt(EndPoint endPoint, Process server)
    {
        var began = Stopwatch.GetTimestamp();
        while (!Answers(endPoint))
        {
            if (server.WaitForExit(TimeSpan.FromMilliseconds(50)) || Stopwatch.GetElapsedTime(began) > Patience)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Answers(EndPoint endPoint)
    {
        using var socket = new Socket(
            endPoint.AddressFamily,
            SocketType.Stream,
            endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
