using System.Numerics;
using System.Text;

namespace DmIo.TestKit.Crashes;

/// <summary>What a search found. Its text is for the message of a failing test.</summary>
public sealed record CrashReport
{
    /// <summary>How many events before the crash the text shows.</summary>
    private const int EventsShown = 12;

    /// <summary>No crash that was tried broke the invariant.</summary>
    public bool IsOk => Crash is null;

    /// <summary>How many crashes were tried until one failed, without those that made it smaller.</summary>
    public required int Tried { get; init; }

    /// <summary>How many there are, but for scattered tears of writes of more than three blocks.</summary>
    public required BigInteger Possible { get; init; }

    /// <summary>All of them were to be tried, not a sample.</summary>
    public required bool IsExhaustive { get; init; }

    /// <summary>What the first of a sample was drawn from.</summary>
    public required int Seed { get; init; }

    /// <summary>The smallest failing crash that was found: as early, and with as little lost, as it still fails;
    /// null: none failed.</summary>
    public Crash? Crash { get; init; }

    /// <summary>What the invariant threw at it; null: none failed.</summary>
    public Exception? Exception { get; init; }

    /// <summary>The seed that the failing crash was drawn from, before it was made smaller: it fails again with
    /// <c>replayer.RandomCrash(new Random(seed))</c> on the same log. Null where all were tried.</summary>
    public int? FailingSeed { get; init; }

    internal IReadOnlyList<LogEvent> Events { get; init; } = [];

    /// <summary>How much was tried, and the failing crash in words.</summary>
    public override string ToString()
    {
        var how = IsExhaustive ? $"all {Possible} crashes" : $"{Tried} of {Possible} crashes, seed {Seed}";
        if (Crash is null)
        {
            return $"The invariant holds after {how}.";
        }

        var text = new StringBuilder($"A crash breaks the invariant: {Exception!.Message}").AppendLine();
        text.AppendLine(FailingSeed is { } seed
            ? $"Found as number {Tried} of a sample of {Possible}, by seed {seed}, then made smaller."
            : $"Found as number {Tried} of all {Possible}, then made smaller.");
        text.Append(Crash);
        text.AppendLine("  The events before it:");
        var first = Math.Max(0, Crash.Point - EventsShown);
        foreach (var (index, happened) in Events.Index().Take(Crash.Point).Skip(first))
        {
            text.AppendLine($"  {index,5}  {happened}");
        }

        return text.ToString();
    }
}
