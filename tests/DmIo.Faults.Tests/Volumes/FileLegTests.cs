using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>Faults of a leg that is a file or a disk: the volume serves without it, and it returns.</summary>
public sealed class FileLegTests
{
    private const long LegBytes = (long)VolumeBench.LegMiB << 20;

    [MountTheory("mount", "umount")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_whose_file_system_is_full_returns_when_there_is_space(bool hasWitness)
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 4096);
        await using var bench = await VolumeBench.StartAsync(
            mounted.FilePath("leg"), hasWitness, ByteSize.FromBytes(LegBytes));
        var filler = mounted.FillUp();
        await bench.UntilLostAsync();
        await bench.UsersGoOnAsync();
        File.Delete(filler);
        await RunAsync("mount", "-o", "remount,size=16m", mounted.Place);
        await bench.EndAsync();
    }

    [MountTheory("losetup")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_on_a_disk_that_was_shrunk_returns_when_the_disk_has_its_size_again(bool hasWitness)
    {
        using var file = DiskFile.OnDisk(LegBytes);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await VolumeBench.StartAsync(disk.Path, hasWitness);
        file.SetLength(LegBytes / 4);
        await RunAsync("losetup", "--set-capacity", disk.Path);
        await bench.UntilLostAsync();
        await bench.UsersGoOnAsync();
        file.SetLength(LegBytes);
        await RunAsync("losetup", "--set-capacity", disk.Path);
        await bench.EndAsync();
    }

    [MountTheory("nbdkit", "nbdfuse", "fusermount3")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_in_a_file_system_with_errors_returns_when_they_end(bool hasWitness)
    {
        await using var file = await FuseFile.OfAsync(VolumeBench.LegMiB);
        await using var bench = await VolumeBench.StartAsync(file.Path, hasWitness);
        file.Fail(isOn: true);
        await bench.UntilLostAsync();
        await bench.UsersGoOnAsync();
        file.Fail(isOn: false);
        await bench.EndAsync();
    }

    [MountTheory("nbdkit", "nbdfuse", "fusermount3")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_in_a_file_system_that_hangs_returns_when_it_answers(bool hasWitness)
    {
        await using var file = await FuseFile.OfAsync(VolumeBench.LegMiB);
        await using var bench = await VolumeBench.StartAsync(file.Path, hasWitness);
        await file.Server.StopAsync();
        await bench.UntilLostAsync();
        file.Server.Continue();
        await bench.EndAsync();
    }
}
