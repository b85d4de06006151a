using DmIo.Faults.Tests.Bench;
using DmIo.Nbd;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>A leg behind a <c>dmio serve</c> of its own, which is killed and started again.</summary>
/// <param name="device">The file or URI that it serves.</param>
/// <param name="socket">The path of its socket.</param>
internal sealed class ServedLeg(string device, string socket) : IAsyncDisposable
{
    private PeerProcess? server;

    /// <summary>What it serves: the leg itself, when nothing serves it.</summary>
    internal string Device => device;

    internal NbdUri Uri => NbdUri.Unix(socket, "leg");

    internal PeerProcess Server => server ?? throw new InvalidOperationException("The server does not run.");

    internal bool IsRunning => server is not null;

    internal async Task StartAsync()
    {
        server = Dmio.Start("serve", "--export", $"leg={device}", "--unix", socket, "--json");
        await server.WaitForOutputAsync("\"name\":\"leg\"");
    }

    /// <summary>Kills the server; returns when its process has ended and its file is free.</summary>
    internal async Task KillAsync()
    {
        if (server is { } running)
        {
            server = null;
            await running.DisposeAsync();
            if (File.Exists(device))
            {
                await Dmio.UntilUnlockedAsync(device);
            }
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();
}
