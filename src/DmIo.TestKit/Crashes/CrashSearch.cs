using System.Numerics;
using System.Text;

namespace DmIo.TestKit.Crashes;

/// <summary>The options of a <see cref="WriteLogReplayer"/>'s search for a crash that breaks an invariant.</summary>
public sealed record CrashSearchOptions
{
    /// <summary>The number of crashes to try: all possible crashes if there are no more than this, otherwise this
    /// number of random crashes.</summary>
    public int Limit { get; init; } = 2000;

    /// <summary>The seed of the first random crash; each further crash uses the next seed. Reports contain
    /// it.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000_000);

    /// <summary>True: some blocks of an uncertain write may be present and others not. False: either all blocks are
    /// present or none, as on a store that guarantees untorn writes.</summary>
    public bool TornWrites { get; init; } = true;
}

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

/// <summary>
/// Shrinks a failing crash as long as it still fails: an earlier point, fewer writes lost or torn, lost rather than
/// torn. Greedy, and bounded: the result is small, but not provably the smallest.
/// </summary>
internal sealed class CrashShrinker(WriteLogReplayer replayer, Func<Crash, Task<Exception?>> tryAsync)
{
    private const int MaxAttempts = 5000;

    private Crash best = null!;
    private Exception reason = null!;
    private int attempts;

    internal async Task<(Crash Crash, Exception Reason)> ShrinkAsync(Crash failing, Exception exception)
    {
        best = failing;
        reason = exception;
        bool isSmaller;
        do
        {
            isSmaller = await TryEarlierPointsAsync() | await TryLessDamageAsync();
        }
        while (isSmaller && attempts < MaxAttempts);
        return (best, reason);
    }

    private async Task<bool> TryEarlierPointsAsync()
    {
        var tears = best;
        for (var point = 0; point < best.Point; point++)
        {
            if (await FailsAsync(replayer.CrashAt(point, tears.TearOf)))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> TryLessDamageAsync()
    {
        var isSmaller = false;
        foreach (var write in best.Damaged.ToList())
        {
            var tears = best;
            isSmaller |= await FailsAsync(With(tears, write, Tear.Whole))
                || (tears.TearOf(write) != Tear.Lost && await FailsAsync(With(tears, write, Tear.Lost)));
        }

        return isSmaller;
    }

    private Crash With(Crash crash, ReplayedWrite changed, Tear tear) =>
        replayer.CrashAt(crash.Point, write => write == changed ? tear : crash.TearOf(write));

    private async Task<bool> FailsAsync(Crash crash)
    {
        if (attempts++ >= MaxAttempts || await tryAsync(crash) is not { } exception)
        {
            return false;
        }

        (best, reason) = (crash, exception);
        return true;
    }
}
