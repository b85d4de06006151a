using System.Security.Cryptography;
using DmIo.Devices.Files;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>A file system of the kernel on an export, through nbdfuse and a loop device.</summary>
public sealed class MountedFileSystemTests
{
    [MountFact("nbdfuse", "losetup", "mkfs.ext4", "e2fsck", "mount", "umount", "fusermount3")]
    public async Task Files_outlive_an_unmount_and_the_file_system_is_clean()
    {
        await using var served = await ServedDisks.StartAsync();
        var image = served.Home.SparseFile("disk.img", ServedDisks.SizeBytes);
        await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions { Path = image }));
        Dictionary<string, string> written;
        await using (var disk = await MountedDisk.AttachAsync(served.Home, served.Uri()))
        {
            await disk.MakeFileSystemAsync();
            await disk.MountAsync();
            written = WriteFiles(disk.Place, seed: 11);
            await disk.UnmountAsync();
            await RunAsync("e2fsck", "-f", "-n", disk.File);
            await disk.MountAsync();

            Assert.Equal(written, Checksums(disk.Place));
            await disk.UnmountAsync();
        }

        await served.RemoveAsync();
        await RunAsync("e2fsck", "-f", "-n", image);
    }

    private static Dictionary<string, string> WriteFiles(string place, int seed)
    {
        var random = new Random(seed);
        for (var number = 0; number < 60; number++)
        {
            var directory = Directory.CreateDirectory(Path.Combine(place, $"d{number % 7}")).FullName;
            var data = new byte[random.Next(1, 300_000)];
            random.NextBytes(data);
            File.WriteAllBytes(Path.Combine(directory, $"f{number}"), data);
            if (number % 5 == 4)
            {
                File.Delete(Path.Combine(place, $"d{(number - 2) % 7}", $"f{number - 2}"));
            }
        }

        return Checksums(place);
    }

    private static Dictionary<string, string> Checksums(string place) => Directory
        .GetFiles(place, "f*", SearchOption.AllDirectories)
        .ToDictionary(path => path, path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
}
