using System.Collections.Immutable;
using System.Numerics;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// Builds what a crash may leave of the devices of a <see cref="WriteLog"/>, and looks for a crash that breaks what an
/// application promises.
/// </summary>
/// <remarks>
/// After a crash at any point, everything is there that was durable by then, and of the rest any subset:
/// <list type="bullet">
/// <item>Durable is a FUA write that had completed, and a write or zeroes that had completed before a flush was issued
/// to its device which completed well by then.</item>
/// <item>A write that had completed without that, or was in flight, is there, or not, or torn: any of its blocks (of
/// <c>BlockSize</c>, 512 by default) are there and the others not. A block is never torn itself.</item>
/// <item>A write that failed may be there or not for ever, and so may a discard, which reads as zeroes or as what was
/// there. After a flush that failed no later one makes durable what it should have.</item>
/// <item>Of two writes to one sector the later one wins where both are there.</item>
/// </list>
/// Torn writes are tried as prefixes, suffixes, single blocks there or missing, and, of random crashes, scattered ones.
/// The log is taken as it is when the replayer is made. Any thread may use it.
/// </remarks>
public sealed class WriteLogReplayer
{
    private readonly LogHistory history;
    private readonly IReadOnlyList<WriteLogDevice> devices;

    /// <summary>Replays what is in the log by now.</summary>
    public WriteLogReplayer(WriteLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        history = new LogHistory(log.Events);
        devices = log.Devices;
    }

    /// <summary>Every crash after the first <paramref name="point"/> events of the log, scattered tears left out.
    /// Their number grows by a factor with each uncertain write: take as many as you need.</summary>
    /// <param name="point">0 to the log's length.</param>
    /// <param name="tornWrites">See <see cref="CrashSearch.TornWrites"/>.</param>
    public IEnumerable<Crash> CrashesAt(int point, bool tornWrites = true)
    {
        RequirePoint(point);
        return Enumerate(point, tornWrites);
    }

    /// <summary>The crash that loses all that it may: what was certain alone. Of a log up to a flush, the replay of
    /// dm-log-writes.</summary>
    /// <param name="point">0 to the log's length.</param>
    public Crash WorstCrashAt(int point)
    {
        RequirePoint(point);
        return CrashAt(point, _ => Tear.Lost);
    }

    /// <summary>Every crash that differs by what is there or by the marks, scattered tears left out; at most
    /// <paramref name="limit"/> of them.</summary>
    public IEnumerable<Crash> AllCrashes(int limit = int.MaxValue, bool tornWrites = true) =>
        history.Points.SelectMany(point => Enumerate(point, tornWrites)).Take(limit);

    /// <summary>
    /// One crash, drawn: the same of the same log and the same state of <paramref name="random"/>. Those that lose all,
    /// nothing, one write, or all but one come more often than chance has it: they find most.
    /// </summary>
    public Crash RandomCrash(Random random, bool tornWrites = true)
    {
        ArgumentNullException.ThrowIfNull(random);
        var point = history.Points[random.Next(history.Points.Count)];
        var uncertain = history.UncertainAt(point);
        var chosen = uncertain.Count == 0 ? null : uncertain[random.Next(uncertain.Count)];
        Func<ReplayedWrite, bool> isHarmed = random.Next(5) switch
        {
            0 => _ => false,
            1 => _ => true,
            2 => write => write == chosen,
            3 => write => write != chosen,
            _ => _ => random.Next(2) == 0,
        };
        return CrashAt(
            point, write => isHarmed(write) ? Tear.Draw(random, write.BlocksAt(point), tornWrites) : Tear.Whole);
    }

    /// <summary>
    /// Tries crashes until one breaks the invariant, and makes that one smaller: all crashes where there are few, else
    /// random ones.
    /// </summary>
    /// <param name="invariant">Opens devices of the crash, recovers as the application does after a power failure, and
    /// throws if what it finds is not what was promised by the crash's marks. Called for one crash after the
    /// other.</param>
    /// <param name="search">How; null: as its defaults say.</param>
    public async Task<CrashReport> CheckAsync(Func<Crash, Task> invariant, CrashSearch? search = null)
    {
        ArgumentNullException.ThrowIfNull(invariant);
        search ??= new CrashSearch();
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

    private IEnumerable<Crash> Sample(CrashSearch search) => Enumerable.Range(0, search.Limit)
        .Select(index => RandomCrash(new Random(search.Seed + index), search.TornWrites));

    private BigInteger CountAt(int point, bool tornWrites) => history.UncertainAt(point).Aggregate(
        BigInteger.One, (product, write) => product * Tear.CountAll(write.BlocksAt(point), tornWrites));

    /// <summary>Every combination, the first write's tears changing fastest.</summary>
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
