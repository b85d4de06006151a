using Xunit;

namespace DmIo.Nbd.Tests.Peers;

/// <summary>The servers of other programs start, serve, can be killed and restarted.</summary>
public sealed class PeerTests
{
    [PeerFact("nbdkit", "nbdinfo")]
    public async Task Nbdkit_serves_its_arguments()
    {
        await using var peer = await NbdPeer.NbdkitAsync("memory", "4M");

        Assert.Equal("4194304", await SizeAsync(peer));
    }

    [PeerFact("nbdkit", "nbdinfo")]
    public async Task Nbdkit_serves_on_a_port()
    {
        await using var peer = await NbdPeer.NbdkitTcpAsync("memory", "4M");

        Assert.Equal("4194304", await SizeAsync(peer));
    }

    [PeerFact("qemu-nbd", "nbdinfo")]
    public async Task Qemu_serves_a_file()
    {
        using var directory = new TemporaryDirectory();
        await using var peer = await NbdPeer.QemuNbdAsync(directory.SparseFile("disk.img", 1 << 20));

        Assert.Equal("1048576", await SizeAsync(peer));
    }

    [PeerFact("nbd-server", "nbdinfo")]
    public async Task The_reference_server_serves_a_file()
    {
        using var directory = new TemporaryDirectory();
        await using var peer = await NbdPeer.NbdServerAsync(directory.SparseFile("disk.img", 1 << 20), "flush = true");

        Assert.Equal("1048576", await SizeAsync(peer));
    }

    [PeerFact("nbdkit", "nbdinfo")]
    public async Task A_killed_server_restarts_at_the_same_address()
    {
        await using var peer = await NbdPeer.NbdkitAsync("memory", "4M");
        await peer.KillAsync();

        await peer.RestartAsync();

        Assert.Equal("4194304", await SizeAsync(peer));
    }

    private static async Task<string> SizeAsync(NbdPeer peer)
    {
        var (exitCode, printed) = await PeerProcess.RunAsync("nbdinfo", "--size", peer.Uri.ToString());
        Assert.True(exitCode == 0, printed);
        return printed.Trim();
    }
}
