using System.Text.RegularExpressions;

namespace DmIo.Simulation;

/// <summary>The readable events of a run, and their fingerprint, which identifies the run.</summary>
internal sealed partial class Trace(bool isKept, Coverage? coverage = null)
{
    private const ulong Prime = 1099511628211;

    private readonly List<string> lines = [];

    internal IReadOnlyList<string> Lines => lines;

    internal Coverage Coverage { get; } = coverage ?? new Coverage();

    /// <summary>Equal for equal events in the same order.</summary>
    internal ulong Fingerprint { get; private set; } = 14695981039346656037;

    internal void Add(TimeSpan now, string what)
    {
        what = ActorUid().Replace(LeaseId().Replace(what, "its lease"), "]");
        foreach (var letter in what)
        {
            Fingerprint = (Fingerprint ^ letter) * Prime;
        }

        Fingerprint = (Fingerprint ^ (ulong)now.Ticks) * Prime;
        if (isKept)
        {
            lines.Add($"{now.TotalMilliseconds,12:F3} ms  {what}");
        }
    }

    /// <summary>Lease IDs of the service count all leases of the real process, so they are replaced.</summary>
    [GeneratedRegex(@"\blease-\d+", RegexOptions.NonBacktracking)]
    private static partial Regex LeaseId();

    /// <summary>The UID in an actor path is different in each run, so it is removed.</summary>
    [GeneratedRegex(@"#\d+\]", RegexOptions.NonBacktracking)]
    private static partial Regex ActorUid();
}
