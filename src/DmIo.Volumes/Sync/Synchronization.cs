using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Sync;

/// <summary>
/// Chooses what is copied between legs in the background, and when: first the unresolved regions, then what the legs
/// that are being synchronized miss; last, what legs are compared. Knows no clock and no device.
/// <list type="bullet">
/// <item>At most <see cref="MaxCopies"/> copies of <see cref="MaxRegions"/> regions are in flight, and comparisons are
/// counted with them. While users have I/O, one copy of one region is in flight.</item>
/// <item>Regions are taken in ascending order. What is skipped (locked, unreadable) or missed again behind the position
/// is taken in the next lap, which begins with a tick: a region that cannot be copied costs no more than that.</item>
/// </list>
/// </summary>
internal sealed class Synchronization
{
    /// <summary>The most copies in flight.</summary>
    internal const int MaxCopies = 4;

    /// <summary>The most regions of one copy, which are locked meanwhile.</summary>
    internal const int MaxRegions = 4;

    private static readonly Pace Idle = new(MaxCopies, MaxRegions);
    private static readonly Pace Busy = new(1, 1);

    private const long RegionBytes = 1L << RegionRange.RegionShift;

    private readonly LegProgress[] legs = new LegProgress[VolumeConfiguration.MaxLegs];
    private long nextUnresolved;
    private TimeSpan lastTick;
    private long allowance;

    /// <summary>The most bytes that are copied in a second; 0: no limit.</summary>
    internal long MaxBytesPerSecond { get; init; }

    /// <summary>The pass that compares the legs; null: there is none.</summary>
    internal Verification? Verification { get; set; }

    /// <summary>Only unresolved regions are copied: the volume is being closed.</summary>
    internal bool ResolvesOnly { get; set; }

    /// <summary>Called about ten times a second: begins a new lap, and measures progress.</summary>
    internal void Tick(WriterState state, TimeSpan now)
    {
        var elapsed = (now - lastTick).TotalSeconds;
        lastTick = now;
        nextUnresolved = 0;
        allowance = (long)Math.Min(allowance + (MaxBytesPerSecond * elapsed), MaxBytesPerSecond * 0.2);
        for (var member = 0; member < legs.Length; member++)
        {
            legs[member].Measure(state.Legs[member], elapsed);
        }
    }

    /// <summary>Starts as many copies as are allowed now.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="now">The time.</param>
    /// <param name="isBusy">Users have I/O.</param>
    internal void Run(VolumeWriter writer, TimeSpan now, bool isBusy)
    {
        var state = writer.State;
        var pace = isBusy ? Busy : Idle;
        if (!state.IsActive || state.IsFenced || state.Live.IsEmpty)
        {
            return;
        }

        nextUnresolved = Copy(writer, state.Unresolved, nextUnresolved, pace, writer.Resolve, now);
        if (ResolvesOnly)
        {
            return;
        }

        foreach (var member in state.Syncing)
        {
            ref var leg = ref legs[member];
            leg.Next = Copy(writer, state.Legs[member].Missed, leg.Next, pace, writer.Resync, now);
        }

        if (Verification is { } pass)
        {
            var isAllowed = MaxBytesPerSecond == 0 || allowance > 0;
            allowance -= pass.Run(writer, isAllowed ? pace.Copies : 0, now) * RegionBytes;
        }
    }

    /// <summary>How far the synchronization of a leg has come; null: the leg is not being synchronized.</summary>
    internal ResyncProgress? ProgressOf(int member) => legs[member].Total == 0
        ? null
        : new ResyncProgress(
            ByteSize.FromBytes((legs[member].Total - legs[member].Left) * RegionBytes),
            ByteSize.FromBytes(legs[member].Left * RegionBytes),
            (long)legs[member].BytesPerSecond);

    private long Copy(
        VolumeWriter writer,
        RegionSet regions,
        long from,
        Pace pace,
        Func<RegionRange, TimeSpan, bool> start,
        TimeSpan now)
    {
        while (writer.CopyCount < pace.Copies && (MaxBytesPerSecond == 0 || allowance > 0))
        {
            var first = regions.FindNext(from);
            if (first < 0)
            {
                return from;
            }

            from = Math.Min(regions.FindNextClear(first), first + pace.Regions);
            if (start(new RegionRange(first, from - first), now))
            {
                allowance -= (from - first) * RegionBytes;
            }
        }

        return from;
    }

    /// <summary>The synchronization of one leg; all zero: it is not being synchronized.</summary>
    private struct LegProgress
    {
        internal long Next;
        internal long Total;
        internal long Left;
        internal double BytesPerSecond;

        internal void Measure(WriterLeg leg, double elapsedSeconds)
        {
            // About two seconds of ticks.
            const double Weight = 0.05;
            if (leg.Phase != LegPhase.Syncing)
            {
                this = default;
                return;
            }

            var left = leg.Missed.Count;
            var copied = Total == 0 ? 0 : Math.Max(0, Left - left);
            Total = Math.Max(Math.Max(Total, left), 1);
            Next = 0;
            Left = left;
            if (elapsedSeconds > 0)
            {
                BytesPerSecond += Weight * ((copied * RegionBytes / elapsedSeconds) - BytesPerSecond);
            }
        }
    }

    /// <summary>The copies that are in flight at once, and the regions of each.</summary>
    private readonly record struct Pace(int Copies, int Regions);
}
