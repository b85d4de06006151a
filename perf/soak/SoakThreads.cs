using System.Diagnostics;

namespace DmIo.Soak;

/// <summary>
/// The threads of the process by kind. The pool of the runtime has as many as processors, and more while some are
/// blocked; its hill climbing is turned off.
/// </summary>
internal sealed record SoakThreads
{
    private const string Tasks = "/proc/self/task";
    private const string OfPool = ".NET TP Worker";
    private const string OfFile = "dmio file";
    private const string OfKernel = "iou-wrk-";

    /// <summary>Threads of the runtime's pool.</summary>
    internal required int Pool { get; init; }

    /// <summary>Threads of devices in the mode threads.</summary>
    internal required int Files { get; init; }

    /// <summary>Kernel threads of the rings.</summary>
    internal required int Workers { get; init; }

    /// <summary>Threads that submit to rings and have kernel threads.</summary>
    internal required int Senders { get; init; }

    /// <summary>The maximum number of kernel threads of one submitter.</summary>
    internal required int MostOfOne { get; init; }

    /// <summary>All others: the runtime's own threads and the reaper of the rings.</summary>
    internal required int Others { get; init; }

    /// <summary>Nothing runs or is blocked: the pool has a few threads for this query, and no file has one. The kernel
    /// keeps one thread per submitter, and sometimes (Linux 6.18) a few more.</summary>
    internal bool AreIdle => Pool <= Environment.ProcessorCount + 2 && Files == 0;

    internal static SoakThreads Take()
    {
        if (!Directory.Exists(Tasks))
        {
            using var process = Process.GetCurrentProcess();
            return new SoakThreads
            {
                Pool = ThreadPool.ThreadCount,
                Files = 0,
                Workers = 0,
                Senders = 0,
                MostOfOne = 0,
                Others = Math.Max(0, process.Threads.Count - ThreadPool.ThreadCount),
            };
        }

        var names = Directory.EnumerateDirectories(Tasks).Select(NameOf).OfType<string>()
            .CountBy(name => name).ToDictionary();
        var workers = names.Where(name => name.Key.StartsWith(OfKernel, StringComparison.Ordinal)).ToList();
        var (pool, files) = (names.GetValueOrDefault(OfPool), names.GetValueOrDefault(OfFile));
        return new SoakThreads
        {
            Pool = pool,
            Files = files,
            Workers = workers.Sum(name => name.Value),
            Senders = workers.Count,
            MostOfOne = workers.Select(name => name.Value).DefaultIfEmpty().Max(),
            Others = names.Values.Sum() - pool - files - workers.Sum(name => name.Value),
        };
    }

    public override string ToString() =>
        $"threads: pool {Pool,3}, files {Files,3}, kernel {Workers,3} for {Senders,2}, others {Others,2}";

    private static string? NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            // The thread has ended in the meantime.
            return null;
        }
    }
}
