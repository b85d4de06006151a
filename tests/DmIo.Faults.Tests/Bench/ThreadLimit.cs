using System.Globalization;
using Xunit;

namespace DmIo.Faults.Tests.Bench;

/// <summary>A limit on the threads of a process, including kernel threads that work for it: the <c>pids.max</c> of a
/// control group, version 2 or 1, that contains only this process.</summary>
internal sealed class ThreadLimit : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private const string NoLimit = "max";

    private static readonly Lazy<string?> Reason = new(FindReason);

    private readonly string group = Path.Combine(Parent, $"dmio-{Guid.NewGuid():N}");

    private ThreadLimit() => Directory.CreateDirectory(group);

    /// <summary>Why threads cannot be limited here; null: they can.</summary>
    internal static string? NoLimitReason => Reason.Value;

    /// <summary>The number of refused threads.</summary>
    internal long Refused => long.Parse(
        File.ReadLines(PathOf("pids.events")).First(line => line.StartsWith("max ", StringComparison.Ordinal))[4..],
        CultureInfo.InvariantCulture);

    private static bool IsVersion2 => File.Exists($"{Root}/cgroup.controllers");

    private static string Parent => IsVersion2 ? Root : $"{Root}/pids";

    /// <summary>Prepares a limit for all threads of this process; none is set yet.</summary>
    internal static ThreadLimit Of(PeerProcess process)
    {
        var limit = new ThreadLimit();
        File.WriteAllText(limit.PathOf("cgroup.procs"), $"{process.Id}");
        return limit;
    }

    /// <summary>Sets the limit to the current number of threads.</summary>
    internal void Begin() => File.WriteAllText(PathOf("pids.max"), File.ReadAllText(PathOf("pids.current")));

    /// <summary>Sets the limit to this number of threads.</summary>
    internal void Set(int threads) => File.WriteAllText(PathOf("pids.max"), $"{threads}");

    internal void End() => File.WriteAllText(PathOf("pids.max"), NoLimit);

    /// <summary>Removes the limit; the process continues.</summary>
    public void Dispose()
    {
        foreach (var process in File.ReadAllLines(PathOf("cgroup.procs")))
        {
            File.WriteAllText(Path.Combine(Parent, "cgroup.procs"), process);
        }

        Directory.Delete(group);
    }

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Only Linux has control groups.";
        }

        try
        {
            if (IsVersion2)
            {
                File.WriteAllText($"{Root}/cgroup.subtree_control", "+pids");
            }

            using var probe = new ThreadLimit();
            probe.End();
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"The threads of a control group can't be limited here: {fault.Message}";
        }
    }

    private string PathOf(string name) => Path.Combine(group, name);
}

/// <summary>Requires the permission to limit the threads of other processes.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ThreadLimitTheoryAttribute : TheoryAttribute
{
    public ThreadLimitTheoryAttribute(params string[] programs) =>
        Skip = Programs.Missing(programs) ?? ThreadLimit.NoLimitReason;
}
