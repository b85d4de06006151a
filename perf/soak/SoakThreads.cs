using System.Diagnostics;

namespace DmIo.Soak;

/// <summary>
/// The threads of the process, by whose they are. Those of the runtime's pool are as many as there are processors, and
/// more where some are blocked: it does not try out here how many serve best.
/// </summary>
internal sealed record SoakThreads
{
    private const string Tasks = "/proc/self/task";
    private const string OfPool = ".NET TP Worker";
    private const string OfFile = "dmio file";
    private const string OfKernel = "iou-wrk-";

    /// <summary>The runtime's pool's.</summary>
    internal required int Pool { get; init; }

    /// <summary>Those of devices that are served by threads.</summary>
    internal required int Files { get; init; }

    /// <summary>Those that the kernel lends to the rings.</summary>
    internal required int Workers { get; init; }

    /// <summary>How many threads have such, for sending to rings.</summary>
    internal required int Senders { get; init; }

    /// <summary>The most that one of them has.</summary>
    internal required int MostOfOne { get; init; }

    /// <summary>All else: the runtime's own, the reaper of the rings.</summary>
    internal required int Others { get; init; }

    /// <summary>Nothing works or is blocked: the pool has a few for whoever asks this, and no file has one. Of its own
    /// the kernel keeps one for each sender, and at times (Linux 6.18) a few more of them.</summary>
    internal bool AreAtRest => Pool <= Environment.ProcessorCount + 2 && Files == 0;

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
            // It has ended meanwhile.
            return null;
        }
    }
}
