using System.Collections.Immutable;
using System.Numerics;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// Computes the possible contents of the devices of a <see cref="WriteLog"/> after a crash, and searches for a crash
/// that breaks an application's invariant.
/// </summary>
/// <remarks>
/// After a crash at any point, all durable writes are present, and any subset of the others:
/// <list type="bullet">
/// <item>A FUA write is durable if it had completed. Any other write or zeroing is durable if it had completed before a
/// flush was issued to its device and that flush had succeeded.</item>
/// <item>Any other write that had completed, or was in flight, is present, lost, or torn: any of its blocks (of
/// <c>BlockSize</c>, 512 bytes by default) are present and the others are not. A single block is never torn.</item>
/// <item>A failed write is uncertain forever, and so is a discard, which reads as zeroes or as the previous contents.
/// After a failed flush, no later flush makes the writes durable that it should have covered.</item>
/// <item>Of two writes to one sector that are both present, the later one is visible.</item>
/// </list>
/// Torn writes are tried as prefixes, suffixes, single present or missing blocks, and, in random crashes, scattered
/// blocks. The replayer uses the events that are in the log when the replayer is constructed. Thread-safe.
/// </remarks>
public sealed class WriteLogReplayer
{
    private readonly LogHistory history;
    private readonly IReadOnlyList<WriteLogDevice> devices;

    /// <summary>Replays the current events of the log.</summary>
    public WriteLogReplayer(WriteLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        history = new LogHistory(log.Events);
        devices = log.Devices;
    }

    /// <summary>Every crash after the first <paramref name="point"/> events of the log, without scattered tears. The
    /// number of crashes grows exponentially with the uncertain writes: enumerate only as many as needed.</summary>
    /// <param name="point">0 to the log's length.</param>
    /// <param name="tornWrites">See <see cref="CrashSearchOptions.TornWrites"/>.</param>
    public IEnumerable<Crash> CrashesAt(int point, bool tornWrites = true)
    {
        RequirePoint(point);
        return Enumerate(point, tornWrites);
    }

    /// <summary>Returns the crash that loses all uncertain writes. For a log up to a flush, this is the replay of
    /// dm-log-writes.</summary>
    /// <param name="point">0 to the log's length.</param>
    public Crash WorstCrashAt(int point)
    {
        RequirePoint(point);
        return CrashAt(point, _ => Tear.Lost);
    }

    /// <summary>Every crash with different contents or marks, without scattered tears; at most <paramref name="limit"/>
    /// of them.</summary>
    public IEnumerable<Crash> AllCrashes(int limit = int.MaxValue, bool tornWrites = true) =>
        history.Points.SelectMany(point => Enumerate(point, tornWrites)).Take(limit);

    /// <summary>
    /// A random crash, which depends only on the log and the state of <paramref name="random"/>. Crashes that lose all
    /// writes, no write, one write, or all writes but one are drawn more often than by chance, because they find most
    /// bugs.
    /// </summary>
    public Crash RandomCrash(Random random, bool tornWrites = true)
    {
        ArgumentNullException.ThrowIfNull(random);
        var point = history.Points[random.Next(history.Points.Count)];
        var uncertain = history.UncertainAt(point);
        var chosen = uncertain.Count == 0 ? null : uncertain[random.Next(uncertain.Count)];
        Func<ReplayedWrite, bool> isDamaged = random.Next(5) switch
        {
            0 => _ => false,
            1 => _ => true,
            2 => write => write == chosen,
            3 => write => write != chosen,
            _ => _ => random.Next(2) == 0,
        };
        return CrashAt(
            point, write => isDamaged(write) ? Tear.Draw(random, write.BlocksAt(point), tornWrites) : Tear.Whole);
    }

    /// <summary>
    /// Tries crashes until one breaks the invariant, and then shrinks that crash. Tries all crashes if their number is
    /// within the limit, otherwise random crashes.
    /// </summary>
    /// <param name="invariant">Opens devices of the crash, recovers as the application does after a power failure, and
    /// throws if the result contradicts the crash's marks. Called for one crash at a time.</param>
    /// <param name="search">The options; null: the defaults.</param>
    public async Task<CrashReport> CheckAsync(Func<Crash, Task> invariant, CrashSearchOptions? search = null)
    {
        ArgumentNullException.ThrowIfNull(invariant);
        search ??= new CrashSearchOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(search.Limit, nameof(search));
        var possible = history.Points.Aggregate(BigInteger.Zero, (sum, at) => sum + CountAt(at, search.TornWrites));
        var report = new CrashReport
        {
            Tried = 0,
            Possible = possible,
            IsExhaustive = possible <= search.Limit,
            Seed = search.Seed,
            Events = history.Events,
        };
        var crashes = report.IsExhaustive ? AllCrashes(search.Limit, search.TornWrites) : Sample(search);
        foreach (var crash in crashes)
        {
            report = report with { Tried = report.Tried + 1 };
            if (await TryAsync(invariant, crash) is { } exception)
            {
                var shrinker = new CrashShrinker(this, smaller => TryAsync(invariant, smaller));
                var (smallest, reason) = await shrinker.ShrinkAsync(crash, exception);
                int? seed = report.IsExhaustive ? null : search.Seed + report.Tried - 1;
                return report with { Crash = smallest, Exception = reason, FailingSeed = seed };
            }
        }

        return report;
    }

    internal Crash CrashAt(int point, Func<ReplayedWrite, Tear> tearOf) =>
        new(history, devices, point, history.UncertainAt(point).ToDictionary(write => write, tearOf));

    private static async Task<Exception?> TryAsync(Func<Crash, Task> invariant, Crash crash)
    {
        try
        {
            await invariant(crash);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private IEnumerable<Crash> Sample(CrashSearchOptions search) => Enumerable.Range(0, search.Limit)
        .Select(index => RandomCrash(new Random(search.Seed + index), search.TornWrites));

    private BigInteger CountAt(int point, bool tornWrites) => history.UncertainAt(point).Aggregate(
        BigInteger.One, (product, write) => product * Tear.CountAll(write.BlocksAt(point), tornWrites));

    /// <summary>Every combination; the tears of the first write vary fastest.</summary>
    private IEnumerable<Crash> Enumerate(int point, bool tornWrites)
    {
        IEnumerable<ImmutableList<Tear>> combinations = [[]];
        var uncertain = history.UncertainAt(point);
        foreach (var write in uncertain)
        {
            var before = combinations;
            combinations = Tear.All(write.BlocksAt(point), tornWrites)
                .SelectMany(tear => before.Select(tears => tears.Add(tear)));
        }

        return combinations.Select(tears => new Crash(
            history, devices, point, uncertain.Zip(tears).ToDictionary(pair => pair.First, pair => pair.Second)));
    }

    private void RequirePoint(int point)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(point);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(point, history.Events.Count);
    }
}
