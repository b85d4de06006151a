namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>A Linux guest in qemu with the kernel of this machine's distribution, whose NBD client is a kernel module.
/// The root is in memory: busybox, nbd-client and the modules. The host's address is 10.0.2.2. The guest is emulated,
/// because nested virtualization is often not available: it boots in about ten seconds.</summary>
internal static class KernelGuest
{
    private const string ModuleRoot = "/lib/modules";

    private const string Prologue = """
        #!/bin/busybox sh
        /bin/busybox --install -s /bin
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev
        for module in /modules/*.ko; do insmod $module; done
        ip link set lo up
        ip addr add 10.0.2.15/24 dev eth0
        ip link set eth0 up
        (sleep 540; echo "GUEST failed to end in time"; poweroff -f) &

        """;

    private static readonly string[] WantedModules = ["virtio_pci", "virtio_net", "nbd"];

    /// <summary>The time limit of a guest, which is slow, and slower on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Why no guest can run here; null: it can.</summary>
    internal static string? FindReason() =>
        Programs.Missing("qemu-system-x86_64", "nbd-client", "busybox", "cpio")
        ?? (FindKernel() is null ? "There is no kernel in /boot with the module nbd in /lib/modules." : null);

    /// <summary>Boots, runs the script as the first process, and powers off.</summary>
    /// <returns>The console output.</returns>
    internal static async Task<string> RunAsync(TemporaryDirectory home, string script)
    {
        var version = FindKernel()!;
        var root = Directory.CreateDirectory(home.FilePath("root")).FullName;
        foreach (var directory in (string[])["bin", "dev", "modules", "proc", "sys", "tmp"])
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        await CopyProgramAsync("busybox", root);
        await CopyProgramAsync("nbd-client", root);
        CopyModules(Path.Combine(ModuleRoot, version), Path.Combine(root, "modules"));
        var init = Path.Combine(root, "init");
        await File.WriteAllTextAsync(init, $"{Prologue}{script}\npoweroff -f\n".ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(init, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var image = home.FilePath("root.cpio");
        await OtherProgram.RunAsync("sh", "-c", $"cd '{root}' && find . | cpio -o -H newc > '{image}'");
        await using var guest = PeerProcess.Start(
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "512", "-nographic", "-no-reboot",
            "-nic", "user,model=virtio-net-pci", "-kernel", $"/boot/vmlinuz-{version}", "-initrd", image,
            "-append", "console=ttyS0 panic=-1");
        await guest.EndAsync(Limit);
        return guest.Output;
    }

    private static string? FindKernel() => !Directory.Exists(ModuleRoot) ? null
        : Directory.EnumerateDirectories(ModuleRoot)
            .Where(modules => File.Exists(Path.Combine(modules, "kernel/drivers/block/nbd.ko")))
            .Select(modules => Path.GetFileName(modules))
            .FirstOrDefault(version => File.Exists($"/boot/vmlinuz-{version}"));

    /// <summary>Copies the program and its shared libraries to the same paths.</summary>
    private static async Task CopyProgramAsync(string program, string root)
    {
        var path = Programs.Find(program)!;
        File.Copy(path, Path.Combine(root, "bin", program));
        var (_, printed) = await PeerProcess.RunAsync("ldd", path);
        var words = printed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        foreach (var library in words.Where(word => word.StartsWith('/') && File.Exists(word)))
        {
            var copy = root + library;
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(library, copy, overwrite: true);
        }
    }

    /// <summary>Copies the required modules and their dependencies, listed in load order. Missing ones are built into
    /// the kernel.</summary>
    private static void CopyModules(string from, string to)
    {
        var needs = File.ReadLines(Path.Combine(from, "modules.dep"))
            .Select(line => line.Split(':', StringSplitOptions.TrimEntries))
            .ToDictionary(line => line[0], line => line[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var count = 0;
        foreach (var wanted in WantedModules)
        {
            var path = needs.Keys.FirstOrDefault(path => Path.GetFileNameWithoutExtension(path) == wanted);
            foreach (var module in path is null ? [] : needs[path].Reverse().Append(path))
            {
                File.Copy(Path.Combine(from, module), Path.Combine(to, $"{count++:00}-{Path.GetFileName(module)}"));
            }
        }
    }
}
