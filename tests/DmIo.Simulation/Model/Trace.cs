using System.Text.RegularExpressions;

namespace DmIo.Simulation;

/// <summary>What happened in a run, for people; and a fingerprint of it, by which two runs are told apart.</summary>
internal sealed partial class Trace(bool isKept, Coverage? coverage = null)
{
    private const ulong Prime = 1099511628211;

    private readonly List<string> lines = [];

    internal IReadOnlyList<string> Lines => lines;

    internal Coverage Coverage { get; } = coverage ?? new Coverage();

    /// <summary>The same for the same events in the same order.</summary>
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

    /// <summary>The service's own number, which counts all leases of the real process.</summary>
    [GeneratedRegex(@"\blease-\d+", RegexOptions.NonBacktracking)]
    private static partial Regex LeaseId();

    /// <summary>Of an actor, in its path: the runtime's, and never the same.</summary>
    [GeneratedRegex(@"#\d+\]", RegexOptions.NonBacktracking)]
    private static partial Regex ActorUid();
}
