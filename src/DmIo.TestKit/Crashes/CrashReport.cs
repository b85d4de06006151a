using System.Numerics;
using System.Text;

namespace DmIo.TestKit.Crashes;

/// <summary>The result of a search. Its text is meant for the message of a failing test.</summary>
public sealed record CrashReport
{
    /// <summary>The number of events before the crash in the text.</summary>
    private const int EventsShown = 12;

    /// <summary>True if no crash that was tried broke the invariant.</summary>
    public bool IsOk => Crash is null;

    /// <summary>The number of crashes that were tried until one failed, not counting those that were tried while
    /// shrinking it.</summary>
    public required int Tried { get; init; }

    /// <summary>The number of possible crashes, without scattered tears of writes of more than three blocks.</summary>
    public required BigInteger Possible { get; init; }

    /// <summary>True: the search covers all crashes, not a sample.</summary>
    public required bool IsExhaustive { get; init; }

    /// <summary>The seed of the first crash of a sample.</summary>
    public required int Seed { get; init; }

    /// <summary>The smallest failing crash that was found, with the earliest point and the fewest lost writes that
    /// still fail; null: none failed.</summary>
    public Crash? Crash { get; init; }

    /// <summary>The exception of the invariant; null: no crash failed.</summary>
    public Exception? Exception { get; init; }

    /// <summary>The seed of the failing crash before it was shrunk: <c>replayer.RandomCrash(new Random(seed))</c> on
    /// the same log reproduces it. Null if all crashes were tried.</summary>
    public int? FailingSeed { get; init; }

    internal IReadOnlyList<LogEvent> Events { get; init; } = [];

    /// <summary>Describes the search and the failing crash.</summary>
    public override string ToString()
    {
        var how = IsExhaustive ? $"all {Possible} crashes" : $"{Tried} of {Possible} crashes, seed {Seed}";
        if (Crash is null)
        {
            return $"The invariant holds after {how}.";
        }

        var text = new StringBuilder($"A crash breaks the invariant: {Exception!.Message}").AppendLine();
        text.AppendLine(FailingSeed is { } seed
            ? $"Found as number {Tried} of a sample of {Possible}, by seed {seed}, then shrunk."
            : $"Found as number {Tried} of all {Possible}, then shrunk.");
        text.Append(Crash);
        text.AppendLine("  The events before it:");
        var first = Math.Max(0, Crash.Point - EventsShown);
        foreach (var (index, logged) in Events.Index().Take(Crash.Point).Skip(first))
        {
            text.AppendLine($"  {index,5}  {logged}");
        }

        return text.ToString();
    }
}
