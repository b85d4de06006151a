using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A file as a block device, until it is disposed.</summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private bool isDetached;

    private LoopDisk(string path) => Path = path;

    internal string Path { get; }

    internal static async Task<LoopDisk> OverAsync(string file) =>
        new((await RunAsync("losetup", "--find", "--show", file)).Trim());

    /// <summary>Detaches the disk; processes that have it open keep it until they close it.</summary>
    internal async Task DetachAsync()
    {
        isDetached = true;
        await RunAsync("losetup", "--detach", Path);
    }

    /// <summary>Whether the disk has a file.</summary>
    internal async Task<bool> IsAttachedAsync() =>
        (await PeerProcess.RunAsync("losetup", "--noheadings", Path)).ExitCode == 0;

    public async ValueTask DisposeAsync()
    {
        if (!isDetached)
        {
            await PeerProcess.RunAsync("losetup", "--detach", Path);
        }
    }
}
