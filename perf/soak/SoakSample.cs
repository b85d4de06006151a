using System.Diagnostics;

namespace DmIo.Soak;

/// <summary>The resources of the process at a moment, after a full collection.</summary>
internal sealed record SoakSample
{
    internal required TimeSpan At { get; init; }

    internal required long Requests { get; init; }

    /// <summary>The size of live objects in bytes.</summary>
    internal required long HeapBytes { get; init; }

    /// <summary>The resident memory of the process.</summary>
    internal required long ResidentBytes { get; init; }

    /// <summary>Open files, sockets and rings; 0: unknown on this system.</summary>
    internal required int Handles { get; init; }

    internal required SoakThreads Threads { get; init; }

    internal static SoakSample Take(TimeSpan at, long requests)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return new SoakSample
        {
            At = at,
            Requests = requests,
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            ResidentBytes = process.WorkingSet64,
            Handles = Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0,
            Threads = SoakThreads.Take(),
        };
    }

    public override string ToString() =>
        $"{At.TotalSeconds,6:0} s {Requests,12:N0} requests  heap {HeapBytes / 1024.0 / 1024,7:0.0} MiB  "
        + $"resident {ResidentBytes / 1024.0 / 1024,7:0.0} MiB  {Handles,4} handles  {Threads}";
}
