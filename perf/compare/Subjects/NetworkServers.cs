using System.Net;
using System.Net.Sockets;

namespace DmIo.Compare;

/// <summary>
/// The servers of a contest, each on a unix socket or a loopback port. All run at the same time; a server without
/// requests is idle. Their disks are in memory.
/// </summary>
internal sealed class NetworkServers(CompareSettings settings, TestFiles files)
{
    internal const string Ours = "dmio serve";
    internal const string Nbdkit = "nbdkit memory";
    internal const string Qemu = "qemu-nbd";
    internal const string Export = "disk";

    /// <summary><c>dmio serve</c>, on a device: <c>mem:1GiB</c>, a path or a volume.</summary>
    internal ServerProcess StartDmio(bool isTcp, string device)
    {
        var (endPoint, uri) = Place(isTcp, Export);
        return Own(ServerProcess.Start(
            endPoint,
            uri,
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll"), "serve",
                "--export", $"{Export}={device}",
                .. endPoint is IPEndPoint tcp ? new[] { "--listen", $"{tcp}" } : ["--unix", $"{endPoint}"],
            ]));
    }

    /// <summary><c>dmio serve</c> with a volume of several files, which it creates.</summary>
    internal ServerProcess StartVolume(bool isTcp, params string[] legs)
    {
        return StartDmio(isTcp, VolumeScenarios.Create(settings.FileBytes, legs));
    }

    /// <summary>nbdkit with its memory plugin.</summary>
    internal ServerProcess StartNbdkit(bool isTcp)
    {
        var (endPoint, uri) = Place(isTcp, "");
        return Own(ServerProcess.Start(
            endPoint,
            uri,
            "nbdkit",
            [
                "-f", .. endPoint is IPEndPoint tcp ? new[] { "-i", $"{tcp.Address}", "-p", $"{tcp.Port}" }
                    : ["-U", $"{endPoint}"],
                "memory", $"{settings.FileBytes}",
            ]));
    }

    /// <summary>qemu-nbd, on one or several images in memory.</summary>
    /// <param name="isTcp">False: a unix socket.</param>
    /// <param name="image">Arguments for the image: <c>-f raw PATH</c>, or <c>--image-opts ...</c>.</param>
    internal ServerProcess StartQemu(bool isTcp, params string[] image)
    {
        var (endPoint, uri) = Place(isTcp, "");
        return Own(ServerProcess.Start(
            endPoint,
            uri,
            "qemu-nbd",
            [
                "-t", "-e", "16", .. endPoint is IPEndPoint tcp
                    ? new[] { "-b", $"{tcp.Address}", "-p", $"{tcp.Port}" }
                    : ["-k", $"{endPoint}"],
                .. image,
            ]));
    }

    /// <summary>Copies an image to all running servers, since reads of unwritten zeroes are cheaper than reads of
    /// data.</summary>
    internal static void Fill(string image, params IEnumerable<ServerProcess> servers)
    {
        foreach (var server in servers.Where(server => server.Missing is null))
        {
            ChildProcess.RunAsync("nbdcopy", [image, server.Uri], CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    private ServerProcess Own(ServerProcess server)
    {
        files.Own(server);
        return server;
    }

    private (EndPoint EndPoint, string Uri) Place(bool isTcp, string export)
    {
        if (isTcp)
        {
            using var finder = new TcpListener(IPAddress.Loopback, 0);
            finder.Start();
            var endPoint = (IPEndPoint)finder.LocalEndpoint;
            return (endPoint, $"nbd://{endPoint}/{export}");
        }

        var path = files.Reserve(Path.GetTempPath(), "sock");
        return (new UnixDomainSocketEndPoint(path), $"nbd+unix:///{export}?socket={path}");
    }
}
