using System.Globalization;
using System.Runtime.InteropServices;

namespace DmIo.Compare;

/// <summary>The machine of the measurement, without which the figures are meaningless.</summary>
internal sealed record Machine
{
    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required string Kernel { get; init; }

    public required string Runtime { get; init; }

    /// <summary>The version of Akka.NET.</summary>
    public required string Actors { get; init; }

    /// <summary>The store of the disk directory.</summary>
    public required string Disk { get; init; }

    /// <summary>The store of the memory directory.</summary>
    public required string Memory { get; init; }

    /// <summary>The load average of the last minute before the first run.</summary>
    public required string Load { get; init; }

    internal static Machine Detect(CompareSettings settings) => new()
    {
        Processor = FirstOf("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cores = Environment.ProcessorCount,
        Kernel = $"{RuntimeInformation.OSDescription}, {ReadLines("/proc/sys/kernel/osrelease").FirstOrDefault()}",
        Runtime = RuntimeInformation.FrameworkDescription,
        Actors = $"Akka.NET {typeof(Akka.Actor.ActorSystem).Assembly.GetName().Version}",
        Disk = StoreOf(settings.DiskDirectory),
        Memory = StoreOf(settings.MemoryDirectory),
        Load = ReadLines("/proc/loadavg").FirstOrDefault()?.Split(' ')[0] ?? "unknown",
    };

    /// <summary>The file system and the device of a directory's mount.</summary>
    private static string StoreOf(string directory)
    {
        var path = Path.GetFullPath(directory);
        var mount = ReadLines("/proc/mounts")
            .Select(line => line.Split(' '))
            .Where(fields => fields.Length > 2 && IsWithin(path, fields[1]))
            .MaxBy(fields => fields[1].Length);
        if (mount is null)
        {
            return "unknown";
        }

        var size = ReadLines($"/sys/block/{Path.GetFileName(mount[0])}/size").FirstOrDefault();
        var gigabytes = long.TryParse(size, out var sectors)
            ? string.Create(CultureInfo.InvariantCulture, $", {sectors * 512 / 1e9:0} GB")
            : "";
        return $"{mount[2]} on {mount[0]}{gigabytes}";
    }

    private static bool IsWithin(string path, string mount) =>
        mount == "/" || path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal);

    private static string? FirstOf(string path, string key) => ReadLines(path)
        .Where(line => line.StartsWith(key, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(':') + 1)..].Trim())
        .FirstOrDefault();

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Not available on this system.
            return [];
        }
    }
}
