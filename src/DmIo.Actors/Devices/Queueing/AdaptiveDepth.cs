namespace DmIo.Actors;

/// <summary>
/// How many operations to have in flight, so that the device is busy and yet has no long queue inside, where nothing
/// can be put ahead of anything. From latency, as TCP Vegas and BBR do it:
/// <code>
///   Unloaded --window--> Loaded --window--> Steering --now and then--> Unloaded
///   (least depth:         (most depth:        in between, window
///    base latencies)       peak of work)       by window)
/// </code>
/// Steering: in a window of depth d, operations spend a share s of their latency unqueued, so d * (1 - s) of them
/// queue. Below <see cref="FewQueued"/> the depth grows, above <see cref="ManyQueued"/> it shrinks; but where the
/// device did less than <see cref="EnoughWork"/> of its peak, by more than chance explains, it grows, and does not go
/// below that again until it is measured anew.
/// </summary>
/// <remarks>
/// Bases are means of a window, never single latencies: the best of many is luck, and would hold the depth down. A
/// window in which nothing was held back by the depth changes nothing. Measuring anew takes a few milliseconds of a
/// fast disk, every <see cref="Period"/>; of a slow one a twentieth of its time at most. Flushes are no part of it.
/// </remarks>
internal sealed class AdaptiveDepth
{
    internal const double FewQueued = 1;

    internal const double ManyQueued = 2;

    internal const double EnoughWork = 0.93;

    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private const int LeastSamples = 32;

    private const int SamplesPerDepth = 8;

    private const int JudgedSamples = 1024;

    private const int ProbeShare = 20;

    private static readonly TimeSpan JudgedTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongWindow = TimeSpan.FromMilliseconds(250);

    private readonly QueueDepth bounds;
    private readonly LatencyTable latencies = new();
    private Phase phase = Phase.Unloaded;
    private TimeSpan? windowStart;
    private TimeSpan probeStart;
    private TimeSpan nextProbe;
    private double peak;
    private int floor;
    private bool isHeldBack;

    // Of many windows: work is judged when there are enough to tell it from chance.
    private double workTime;
    private TimeSpan time;
    private int count;

    internal AdaptiveDepth(QueueDepth bounds)
    {
        this.bounds = bounds;
        Current = bounds.Least;
        floor = bounds.Least;
    }

    private enum Phase
    {
        Unloaded,
        Loaded,
        Steering,
    }

    internal int Current { get; private set; }

    /// <summary>The number of the window; every operation keeps that in which it was given out. Times would not do:
    /// many things happen at the same time.</summary>
    internal int Window { get; private set; }

    /// <summary>So many wait that only the depth keeps from going.</summary>
    internal void HoldBack(int count) => isHeldBack |= count > 0;

    /// <summary>One that was no flush has ended.</summary>
    internal void Completed(DeviceOperation operation, TimeSpan now)
    {
        if (windowStart is not { } start)
        {
            start = operation.TakenAt;
            (windowStart, probeStart) = (start, start);
        }

        latencies.Add(operation, now - operation.TakenAt, isSample: operation.DepthWindow == Window);
        var elapsed = now - start;
        var isLong = elapsed >= LongWindow && latencies.Samples >= LeastSamples;
        var isFull = latencies.Samples >= Math.Max(LeastSamples, SamplesPerDepth * Current);
        if (elapsed > TimeSpan.Zero && (isLong || isFull))
        {
            Close(elapsed, now);
        }
    }

    private void Close(TimeSpan elapsed, TimeSpan now)
    {
        switch (phase)
        {
            case Phase.Unloaded:
                latencies.LearnUnloaded();
                phase = Phase.Loaded;
                Set(bounds.Most);
                break;
            case Phase.Loaded:
                latencies.LearnLoaded(1.0 / bounds.Most);
                peak = latencies.Work(elapsed);
                phase = Phase.Steering;
                Set((int)Math.Ceiling(peak) + 1);
                floor = bounds.Least;
                (workTime, time, count) = (0, TimeSpan.Zero, 0);
                nextProbe = now + Longer(Period, ProbeShare * (now - probeStart));
                break;
            default:
                Steer(elapsed, now);
                break;
        }

        latencies.Clear();
        Window++;
        windowStart = now;
        isHeldBack = false;
    }

    private void Steer(TimeSpan elapsed, TimeSpan now)
    {
        if (!latencies.LearnLoaded(Math.Min(1, peak / Current)) && now - probeStart > JudgedTime)
        {
            nextProbe = now;
        }

        if (!isHeldBack)
        {
            return;
        }

        if (now >= nextProbe)
        {
            phase = Phase.Unloaded;
            probeStart = now;
            Set(bounds.Least);
        }
        else if (!IsShort(elapsed, now))
        {
            var queued = Current * (1 - latencies.UnqueuedShare());
            Set(queued < FewQueued ? Current + 1 : queued > ManyQueued && Current > floor ? Current - 1 : Current);
        }
    }

    /// <summary>Grows where the device does less than it can.</summary>
    private bool IsShort(TimeSpan elapsed, TimeSpan now)
    {
        workTime += latencies.Work(elapsed) * elapsed.Ticks;
        time += elapsed;
        count += latencies.Samples;
        if (count < JudgedSamples && time < JudgedTime)
        {
            return false;
        }

        var (work, chance) = (workTime / time.Ticks, 3 / Math.Sqrt(count));
        (workTime, time, count) = (0, TimeSpan.Zero, 0);
        if (work < (EnoughWork - chance) * peak)
        {
            // No depth would do: it is not the device that was measured.
            nextProbe = Current == bounds.Most && now - probeStart > JudgedTime ? now : nextProbe;
            Set(Current + Math.Max(1, Current / 4));
            floor = Current;
            return true;
        }

        peak = Math.Max(peak, work * (1 - chance));
        return false;
    }

    private void Set(int depth) => Current = Math.Clamp(depth, bounds.Least, bounds.Most);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
