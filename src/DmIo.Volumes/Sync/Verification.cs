using System.Runtime.InteropServices;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Sync;

/// <summary>
/// One pass over a volume that compares its legs, region by region in ascending order. Knows no clock and no device.
/// <list type="bullet">
/// <item>Regions that follow one that differs are compared at once, up to <see cref="MaxBurst"/> that differ: their
/// legs leave S together.</item>
/// <item>Then the pass waits until the legs are in S again, at most <see cref="MaxPause"/>: meanwhile they would not be
/// compared, and the others may be too few to tell which one is right.</item>
/// </list>
/// </summary>
/// <param name="first">The first region.</param>
internal sealed class Verification(long first)
{
    /// <summary>The most regions that differ before legs leave S.</summary>
    internal const int MaxBurst = 1024;

    /// <summary>The most comparisons that begin at once, with those that are skipped without I/O.</summary>
    private const int MaxStarts = 4096;

    /// <summary>How long the pass waits for legs that left S.</summary>
    internal static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private readonly List<VerifyStep> running = [];
    private readonly Queue<long> again = new();
    private readonly Dictionary<Difference, RegionSet> differences = [];
    private VolumeWriter? writer;
    private long next = first;
    private MemberSet leaving;
    private long burst;
    private bool isBurstOver;
    private TimeSpan? pausedSince;

    /// <summary>The regions that were compared.</summary>
    internal long Compared { get; private set; }

    /// <summary>The regions that could not be compared.</summary>
    internal long Skipped { get; private set; }

    /// <summary>The regions that differ.</summary>
    internal long Differing => differences.Values.Sum(regions => regions.Count);

    /// <summary>No further comparison begins.</summary>
    internal bool IsCanceled { get; set; }

    /// <summary>No comparison runs, and none is left.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>The region at which a later pass continues this one.</summary>
    internal long Next => running.Select(step => step.Range.First).Concat(again).Append(next).Min();

    /// <summary>What differs, in ascending order for each kind of difference.</summary>
    internal IEnumerable<(Difference Difference, RegionRange Range)> Differences =>
        differences.SelectMany(pair => pair.Value.Ranges().Select(range => (pair.Key, range)));

    /// <summary>Takes in what has ended, and begins as many comparisons as are allowed now.</summary>
    /// <param name="current">The writer. Comparisons of an earlier one are repeated.</param>
    /// <param name="limit">The most copies and comparisons in flight.</param>
    /// <param name="now">The time.</param>
    /// <returns>The number of regions that are read.</returns>
    internal int Run(VolumeWriter current, int limit, TimeSpan now)
    {
        Change(current);
        TakeEnded();
        var begun = 0;
        for (var i = 0; i < MaxStarts && !IsPaused(current, now) && !IsCanceled; i++)
        {
            var region = again.TryPeek(out var repeated) ? repeated : next;
            if (region >= current.State.Regions || current.CopyCount >= limit
                || current.Verify(region, now) is not { } step)
            {
                break;
            }

            next = again.TryDequeue(out _) ? next : next + 1;
            running.Add(step);
            begun += step.Outcome == VerifyOutcome.Skipped ? 0 : 1;
            TakeEnded();
        }

        IsEnded = running.Count == 0
            && (IsCanceled || (again.Count == 0 && next >= current.State.Regions && leaving.IsEmpty));
        return begun;
    }

    private void Change(VolumeWriter current)
    {
        if (writer != current)
        {
            writer = current;
            running.ForEach(step => again.Enqueue(step.Range.First));
            running.Clear();
        }
    }

    private void TakeEnded()
    {
        for (var i = 0; i < running.Count; i++)
        {
            if (running[i].Outcome != VerifyOutcome.Pending)
            {
                Take(running[i]);
                running.RemoveAt(i--);
            }
        }
    }

    private void Take(VerifyStep step)
    {
        if (step.Outcome == VerifyOutcome.Skipped)
        {
            Skipped += step.Range.Count;
            return;
        }

        Compared += step.Range.Count;
        var isMinority = step.Outcome == VerifyOutcome.Minority;
        if (step.Outcome != VerifyOutcome.Equal)
        {
            ref var regions = ref CollectionsMarshal.GetValueRefOrAddDefault(
                differences, new Difference(step.Differing, isMinority), out _);
            (regions ??= new RegionSet()).SetRange(step.Range);
        }

        if (isMinority)
        {
            leaving |= step.Differing;
            burst++;
        }

        isBurstOver = !leaving.IsEmpty && (!isMinority || burst >= MaxBurst);
    }

    /// <summary>Regions differ, and their legs leave S, or have left it.</summary>
    private bool IsPaused(VolumeWriter current, TimeSpan now)
    {
        if (leaving.IsEmpty || !(isBurstOver || IsCanceled || next >= current.State.Regions))
        {
            return false;
        }

        if (running.Count != 0)
        {
            return true;
        }

        if (pausedSince is null)
        {
            pausedSince = now;
            current.RemoveDiffering(now);
        }

        var isBack = leaving.IsSubsetOf(current.State.Live) && !IsDue(current.State);
        if (isBack || now - pausedSince >= MaxPause)
        {
            (leaving, burst, isBurstOver, pausedSince) = (MemberSet.None, 0, false, null);
        }

        return !leaving.IsEmpty;
    }

    /// <summary>A leg has not left S yet.</summary>
    private bool IsDue(WriterState state)
    {
        foreach (var member in leaving)
        {
            if (!state.Legs[member].Differing.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How legs differ.</summary>
    /// <param name="Legs">The legs that differ from most; without a majority, all that were compared.</param>
    /// <param name="IsMinority">Most legs are equal, and the others leave S.</param>
    internal readonly record struct Difference(MemberSet Legs, bool IsMinority);
}
